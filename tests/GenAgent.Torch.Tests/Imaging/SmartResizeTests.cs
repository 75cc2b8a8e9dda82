using GenAgent.TestKit.Golden;
using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Tests.Imaging;

public sealed class SmartResizeTests
{
    [Fact]
    public void Every_recorded_size_is_fitted_as_the_reference_does()
    {
        Recorded.Each(GoldenRoot.Cases("qwen2_5_vl", "smart_resize.json").SelectMany(file => Recorded.Json(file).FindAll("rows")), row =>
        {
            var (h, w) = (row.Need("h").GetInt32(), row.Need("w").GetInt32());
            var (factor, min, max) = (row.Need("factor").GetInt32(), row.Need("min").GetInt64(), row.Need("max").GetInt64());
            var fit = () => SmartResize.Fit(h, w, factor, min, max);
            if (row.TryGetProperty("h_out", out var rows)) fit().ShouldBe((rows.GetInt32(), row.Need("w_out").GetInt32()), $"{h}x{w}");
            else Should.Throw<ArgumentException>(() => fit());
        });
    }

    [Fact]
    public void Recorded_chat_images_get_the_recorded_grid_and_number_of_pads()
    {
        Recorded.Each(GoldenRoot.Cases("chat", "image_grid.json").SelectMany(file => Recorded.Json(file).FindAll("rows")), row =>
        {
            var processor = new ImageProcessor(new ImageProcessorOptions { MaxPixels = row.Need("max_pixels").GetInt64() });
            var (width, height) = (row.Need("width").GetInt32(), row.Need("height").GetInt32());
            var measure = () => processor.GridOf(width, height);
            if (!row.TryGetProperty("grid_thw", out var thw))
            {
                Should.Throw<ArgumentException>(() => measure());
                return;
            }

            var grid = measure();
            int[] expected = [.. thw.EnumerateArray().Select(side => side.GetInt32())];
            new[] { grid.Frames, grid.Rows, grid.Columns }.ShouldBe(expected, $"{width}x{height}");
            grid.Features(processor.Options.MergeSize).ShouldBe(row.Need("pads").GetInt32(), $"{width}x{height}");
        });
    }

    [Fact]
    public void Too_long_an_image_is_refused_with_its_size_and_ratio() =>
        Should.Throw<ArgumentException>(() => SmartResize.Fit(10, 2010, 28, 3136, 12_845_056)).Message.ShouldContain("2010x10 pixels, an aspect ratio of 201");
}

using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Tests.Imaging;

public sealed class SmartResizeTests
{
    [Fact]
    public void Every_recorded_size_is_fitted_as_the_reference_does()
    {
        foreach (var file in GoldenRoot.Cases("qwen2_5_vl", "smart_resize.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var row in json.RootElement.GetProperty("rows").EnumerateArray())
            {
                var (h, w) = (row.GetProperty("h").GetInt32(), row.GetProperty("w").GetInt32());
                var fit = () =>
                    SmartResize.Fit(h, w, row.GetProperty("factor").GetInt32(), row.GetProperty("min").GetInt64(), row.GetProperty("max").GetInt64());
                if (row.TryGetProperty("h_out", out var rows))
                {
                    fit().ShouldBe((rows.GetInt32(), row.GetProperty("w_out").GetInt32()), $"{h}x{w}");
                }
                else
                {
                    Should.Throw<ArgumentException>(() => fit());
                }
            }
        }
    }

    [Fact]
    public void Recorded_chat_images_get_the_recorded_grid_and_number_of_pads()
    {
        foreach (var file in GoldenRoot.Cases("chat", "image_grid.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var row in json.RootElement.GetProperty("rows").EnumerateArray())
            {
                var processor = new ImageProcessor(new ImageProcessorOptions { MaxPixels = row.GetProperty("max_pixels").GetInt64() });
                var (width, height) = (row.GetProperty("width").GetInt32(), row.GetProperty("height").GetInt32());
                var measure = () => processor.GridOf(width, height);
                if (!row.TryGetProperty("grid_thw", out var thw))
                {
                    Should.Throw<ArgumentException>(() => measure());
                    continue;
                }

                var grid = measure();
                int[] expected = [.. thw.EnumerateArray().Select(side => side.GetInt32())];
                new[] { grid.Frames, grid.Rows, grid.Columns }.ShouldBe(expected, $"{width}x{height}");
                grid.Features(processor.Options.MergeSize).ShouldBe(row.GetProperty("pads").GetInt32(), $"{width}x{height}");
            }
        }
    }

    [Fact]
    public void Too_long_an_image_is_refused_with_its_size_and_ratio() =>
        Should.Throw<ArgumentException>(() => SmartResize.Fit(10, 2010, 28, 3136, 12_845_056)).Message.ShouldContain("2010x10 pixels, an aspect ratio of 201");
}

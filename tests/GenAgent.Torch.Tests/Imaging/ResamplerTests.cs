using GenAgent.Torch.Flux.Engine;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Tests.Imaging;

public sealed class ResamplerTests
{
    [Fact]
    public void An_image_shrinks_with_smoothing_so_that_a_fine_pattern_becomes_its_mean_and_no_other_pattern()
    {
        var stripes = new RgbImage(96, 96);
        for (var i = 0; i < 96 * 96; i++) stripes.Pixels.AsSpan(i * 3, 3).Fill(i % 2 == 0 ? (byte)0 : (byte)200);

        var small = ImageTensors.Resize(stripes, 31, 31);

        // At the borders the filter has less to take the mean of.
        for (var y = 3; y < 28; y++) small.Pixels.AsSpan(((y * 31) + 3) * 3, 25 * 3).ToArray().ShouldAllBe(value => value >= 92 && value <= 108);
    }

    [Theory]
    [InlineData(8, 4)]
    [InlineData(5, 9)]
    public void Lanczos_weighs_a_row_by_three_lobes_widened_when_it_shrinks(int from, int to)
    {
        byte[] row = [.. Enumerable.Range(0, from).Select(x => (byte)(40 + ((x * 97) % 150)))];
        var image = new RgbImage(from, 1);
        for (var x = 0; x < from; x++) image.Pixels.AsSpan(x * 3, 3).Fill(row[x]);

        var resized = ImageTensors.Resize(image, to, 1);

        for (var x = 0; x < to; x++)
        {
            var (sum, weights) = (0.0, 0.0);
            var widened = Math.Max((double)from / to, 1);
            for (var source = 0; source < from; source++)
            {
                var distance = (source + 0.5 - ((x + 0.5) * from / to)) / widened;
                if (Math.Abs(distance) >= 3) continue;
                var weight = distance == 0
                    ? 1
                    : 3 * Math.Sin(Math.PI * distance) * Math.Sin(Math.PI * distance / 3) / (Math.PI * Math.PI * distance * distance);
                (sum, weights) = (sum + (weight * row[source]), weights + weight);
            }

            ((double)resized.Pixels[x * 3]).ShouldBe(Math.Clamp(sum / weights, 0, 255), 1);
        }
    }

    // The first: the width grows and the height shrinks a little. The others: both shrink, the height's scale below and above .9 of the width's.
    [Theory]
    [InlineData(110, 60, 112, 56, true)]
    [InlineData(100, 100, 90, 60, true)]
    [InlineData(100, 100, 60, 90, false)]
    [InlineData(60, 110, 56, 112, false)]
    public void The_vertical_pass_comes_first_when_the_height_shrinks_and_the_width_does_not_or_does_less(
        int width, int height, int newWidth, int newHeight, bool isVerticalFirst)
    {
        var image = new RgbImage(width, height);
        new Random(7).NextBytes(image.Pixels);

        var resized = PillowResampler.Resize(image, newWidth, newHeight, ResampleFilter.Bicubic);

        // One side at a time there is one pass: 8 bits between the passes make their order visible.
        var vertical = InTwo(width, newHeight);
        var horizontal = InTwo(newWidth, height);
        resized.Pixels.ShouldBe(isVerticalFirst ? vertical.Pixels : horizontal.Pixels);
        resized.Pixels.ShouldNotBe(isVerticalFirst ? horizontal.Pixels : vertical.Pixels);

        RgbImage InTwo(int between, int high) => PillowResampler.Resize(
            PillowResampler.Resize(image, between, high, ResampleFilter.Bicubic), newWidth, newHeight, ResampleFilter.Bicubic);
    }

    [Theory]
    [InlineData(1024, 1024, 1024, 1024)]
    [InlineData(4000, 3000, 1184, 880)]
    [InlineData(1080, 1920, 752, 1392)]
    [InlineData(100, 20, 1568, 672)]
    [InlineData(48, 32, 1248, 832)]
    public void A_reference_for_Kontext_takes_the_trained_size_that_is_nearest_in_shape(int width, int height, int fitWidth, int fitHeight) =>
        KontextSizes.Nearest(width, height).ShouldBe((fitWidth, fitHeight));
}

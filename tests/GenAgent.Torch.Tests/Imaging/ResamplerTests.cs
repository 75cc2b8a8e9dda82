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

    [Theory]
    [InlineData(1024, 1024, 1024, 1024)]
    [InlineData(4000, 3000, 1184, 880)]
    [InlineData(1080, 1920, 752, 1392)]
    [InlineData(100, 20, 1568, 672)]
    [InlineData(48, 32, 1248, 832)]
    public void A_reference_for_Kontext_takes_the_trained_size_that_is_nearest_in_shape(int width, int height, int fitWidth, int fitHeight) =>
        KontextSizes.Nearest(width, height).ShouldBe((fitWidth, fitHeight));
}

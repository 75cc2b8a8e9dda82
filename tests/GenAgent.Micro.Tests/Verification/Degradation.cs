using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using SkiaSharp;

namespace GenAgent.Micro.Tests.Verification;

/// <summary>What cameras, codecs, autoencoders and samplers do to clean images.</summary>
internal static class Degradation
{
    private const int Side = World.ImageSize;

    public static RgbImage Blur(this RgbImage image, double deviation)
    {
        var reach = (int)Math.Ceiling(3 * deviation);
        var kernel = Enumerable.Range(-reach, (2 * reach) + 1).Select(i => Math.Exp(-i * i / (2 * deviation * deviation))).ToArray();
        var sum = kernel.Sum();
        var values = Array.ConvertAll(image.Pixels, p => (double)p);
        return new RgbImage(Side, Side, Array.ConvertAll(Convolve(Convolve(values, kernel, 3), kernel, 3 * Side), Byte));

        double[] Convolve(double[] source, double[] weights, int stride)
        {
            var result = new double[source.Length];
            for (var i = 0; i < source.Length; i++)
            {
                var position = i / stride % Side;
                for (var k = -reach; k <= reach; k++)
                    result[i] += weights[k + reach] / sum * source[i + ((Math.Clamp(position + k, 0, Side - 1) - position) * stride)];
            }

            return result;
        }
    }

    public static RgbImage Noise(this RgbImage image, double deviation, SeededDraws draws) =>
        image.Map((value, _) => value + (deviation * draws.Normal()));

    /// <summary>Each channel gets its own gain and offset.</summary>
    public static RgbImage ColorShift(this RgbImage image, double gain, double offset, SeededDraws draws)
    {
        var gains = Enumerable.Range(0, 3).Select(_ => 1 + draws.Uniform(-gain, gain)).ToArray();
        var offsets = Enumerable.Range(0, 3).Select(_ => draws.Uniform(-offset, offset)).ToArray();
        return image.Map((value, i) => (value * gains[i % 3]) + offsets[i % 3]);
    }

    /// <summary>Clouds: noise on a 6 x 6 grid, interpolated.</summary>
    public static RgbImage Clouds(this RgbImage image, double deviation, SeededDraws draws)
    {
        const int grid = 7, step = 16;
        var knots = Enumerable.Range(0, grid * grid * 3).Select(_ => deviation * draws.Normal()).ToArray();
        return image.Map((value, i) =>
        {
            var (c, x, y) = (i % 3, i / 3 % Side, i / 3 / Side);
            var (u, v) = (x / step, y / step);
            var (fu, fv) = (Ease(x % step / (double)step), Ease(y % step / (double)step));
            double Knot(int row, int column) => knots[(((row * grid) + column) * 3) + c];
            return value + ((1 - fv) * (((1 - fu) * Knot(v, u)) + (fu * Knot(v, u + 1)))) + (fv * (((1 - fu) * Knot(v + 1, u)) + (fu * Knot(v + 1, u + 1))));
        });
    }

    public static RgbImage ThroughSide(this RgbImage image, int side) => image.Resize(side, side).Resize(Side, Side);

    public static RgbImage ThroughJpeg(this RgbImage image, int quality) => RgbImage.Decode(image.Encode(SKEncodedImageFormat.Jpeg, quality));

    /// <summary>Overshoot at the edges, as sharpening decoders leave it.</summary>
    public static RgbImage Ringing(this RgbImage image, double strength)
    {
        var smooth = image.Blur(1.5);
        return image.Map((value, i) => value + (strength * (value - smooth.Pixels[i])));
    }

    /// <summary>A mix of two images, half and half.</summary>
    public static RgbImage Mix(this RgbImage image, RgbImage other, double share = 0.5) =>
        image.Map((value, i) => ((1 - share) * value) + (share * other.Pixels[i]));

    public static RgbImage Map(this RgbImage image, Func<double, int, double> change) =>
        new(image.Width, image.Height, [.. image.Pixels.Select((value, i) => Byte(change(value, i)))]);

    private static double Ease(double t) => (1 - Math.Cos(Math.PI * t)) / 2;

    private static byte Byte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}

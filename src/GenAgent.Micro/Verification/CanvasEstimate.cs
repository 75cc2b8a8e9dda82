using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>The background: a plane per channel (uneven lighting is not an object), and the noise around it.</summary>
internal sealed class CanvasEstimate
{
    private const int FrameWidth = 3;
    private const int Rounds = 2;

    private static readonly int[] Frame =
    [
        .. Enumerable.Range(0, World.ImageSize * World.ImageSize).Where(i =>
            Math.Min(
                Math.Min(i % World.ImageSize, i / World.ImageSize), World.ImageSize - 1 - Math.Max(i % World.ImageSize, i / World.ImageSize)) < FrameWidth),
    ];

    // Per channel: value at the image's centre, slope along x, slope along y.
    private readonly float[] _plane = new float[9];

    private CanvasEstimate(RgbImage image)
    {
        for (var c = 0; c < 3; c++)
            _plane[c * 3] = FrameMedian(image, c);
        Noise = MedianDistance(image);
        for (var i = 0; i < Rounds; i++)
        {
            FitPlanes(image, Math.Max(24f, 4 * Noise));
            Noise = MedianDistance(image);
        }

        Canvas = World.Canvases.MinBy(c => Math.Abs(World.Paint(c).R - ((_plane[0] + _plane[3] + _plane[6]) / 3)));
    }

    /// <summary>The background with the closest lightness.</summary>
    public CanvasColor Canvas { get; }

    /// <summary>The median distance from the plane of the pixels at the image's edge, in levels of 255.</summary>
    public float Noise { get; }

    public static CanvasEstimate Of(RgbImage image) => new(image);

    /// <summary>The background at a pixel.</summary>
    public (float R, float G, float B) At(float x, float y)
    {
        var (u, v) = (x - (World.ImageSize / 2f), y - (World.ImageSize / 2f));
        return (_plane[0] + (_plane[1] * u) + (_plane[2] * v), _plane[3] + (_plane[4] * u) + (_plane[5] * v), _plane[6] + (_plane[7] * u) + (_plane[8] * v));
    }

    private static float FrameMedian(RgbImage image, int channel)
    {
        Span<int> histogram = stackalloc int[256];
        foreach (var i in Frame)
            histogram[image.Pixels[(3 * i) + channel]]++;

        var (value, left) = (0, (Frame.Length / 2) - histogram[0]);
        while (left >= 0)
            left -= histogram[++value];
        return value;
    }

    private float MedianDistance(RgbImage image)
    {
        Span<int> histogram = stackalloc int[443];
        foreach (var i in Frame)
            histogram[(int)MathF.Sqrt(SquaredDistance(image, i, At(i % World.ImageSize, i / World.ImageSize)))]++;

        var (value, left) = (0, (Frame.Length / 2) - histogram[0]);
        while (left >= 0)
            left -= histogram[++value];
        return value;
    }

    private static float SquaredDistance(RgbImage image, int i, (float R, float G, float B) back)
    {
        var (r, g, b) = (image.Pixels[3 * i] - back.R, image.Pixels[(3 * i) + 1] - back.G, image.Pixels[(3 * i) + 2] - back.B);
        return Math.Min(442 * 442, (r * r) + (g * g) + (b * b));
    }

    /// <summary>Least squares over the pixels within the tolerance of the current planes.</summary>
    private void FitPlanes(RgbImage image, float tolerance)
    {
        double n = 0, x1 = 0, y1 = 0, xx = 0, xy = 0, yy = 0;
        Span<double> sums = stackalloc double[9];
        for (var y = 0; y < World.ImageSize; y += 2)
        {
            for (var x = y % 4 / 2; x < World.ImageSize; x += 2)
            {
                var i = (y * World.ImageSize) + x;
                if (SquaredDistance(image, i, At(x, y)) > tolerance * tolerance)
                    continue;
                var (u, v) = (x - (World.ImageSize / 2.0), y - (World.ImageSize / 2.0));
                (n, x1, y1, xx, xy, yy) = (n + 1, x1 + u, y1 + v, xx + (u * u), xy + (u * v), yy + (v * v));
                for (var c = 0; c < 3; c++)
                {
                    double value = image.Pixels[(3 * i) + c];
                    sums[c * 3] += value;
                    sums[(c * 3) + 1] += value * u;
                    sums[(c * 3) + 2] += value * v;
                }
            }
        }

        var determinant = (n * ((xx * yy) - (xy * xy))) - (x1 * ((x1 * yy) - (xy * y1))) + (y1 * ((x1 * xy) - (xx * y1)));
        if (n < 200 || Math.Abs(determinant) < 1e-6)
            return;
        for (var c = 0; c < 3; c++)
        {
            var (s, su, sv) = (sums[c * 3], sums[(c * 3) + 1], sums[(c * 3) + 2]);
            _plane[c * 3] = (float)(((s * ((xx * yy) - (xy * xy))) - (x1 * ((su * yy) - (xy * sv))) + (y1 * ((su * xy) - (xx * sv)))) / determinant);
            _plane[(c * 3) + 1] = (float)(((n * ((su * yy) - (xy * sv))) - (s * ((x1 * yy) - (xy * y1))) + (y1 * ((x1 * sv) - (su * y1)))) / determinant);
            _plane[(c * 3) + 2] = (float)(((n * ((xx * sv) - (su * xy))) - (x1 * ((x1 * sv) - (su * y1))) + (s * ((x1 * xy) - (xx * y1)))) / determinant);
        }
    }
}

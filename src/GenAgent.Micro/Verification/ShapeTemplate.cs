using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using SkiaSharp;

namespace GenAgent.Micro.Verification;

/// <summary>
/// The appearance of a class at several degrees of blur, in units of its radius, with its moments. Blur preserves area and centroid and adds twice its
/// variance to the spread, so a blurred shape's radius and blur follow from its moments.
/// </summary>
internal sealed class ShapeTemplate
{
    /// <summary>The templates cover [-Reach, Reach] radii along each axis.</summary>
    public const float Reach = 1.6f;

    /// <summary>Samples along each side of a template.</summary>
    public const int Side = 80;

    /// <summary>Samples a radius.</summary>
    public const float PixelsPerRadius = Side / (2 * Reach);
    private const int Oversampling = 4;

    /// <summary>Standard deviations of the blurs in radii.</summary>
    private static readonly float[] Blurs = [0.02f, 0.035f, 0.05f, 0.065f, 0.08f, 0.1f, 0.12f, 0.145f, 0.17f, 0.2f, 0.235f, 0.27f, 0.31f, 0.36f, 0.42f];

    private static readonly ShapeTemplate[] Templates = [.. World.Classes.Select(c => new ShapeTemplate(c))];

    private readonly float[][] _coverage;

    private ShapeTemplate(ShapeClass kind)
    {
        Class = kind;
        var sharp = Rasterize(kind);
        (Area, OffsetX, OffsetY, Spread) = Moments(sharp);
        _coverage = [.. Blurs.Select(b => Blur(sharp, b * PixelsPerRadius))];
    }

    public static ReadOnlySpan<ShapeTemplate> All => Templates;

    public ShapeClass Class { get; }

    /// <summary>Area in square radii.</summary>
    public float Area { get; }

    /// <summary>The centroid, from the centre of the box, in radii.</summary>
    public float OffsetX { get; }

    /// <summary>The centroid, from the centre of the box, in radii.</summary>
    public float OffsetY { get; }

    /// <summary>Mean squared distance from the centroid, in square radii.</summary>
    public float Spread { get; }

    /// <summary>The coverage, <see cref="Side"/> x <see cref="Side"/>, at the blur that is nearest to <paramref name="blur"/> radii.</summary>
    public float[] Coverage(float blur)
    {
        var i = 0;
        while (i < Blurs.Length - 1 && blur > (Blurs[i] + Blurs[i + 1]) / 2)
            i++;
        return _coverage[i];
    }

    private static float[] Rasterize(ShapeClass kind)
    {
        const int side = Side * Oversampling;
        using var bitmap = new SKBitmap(new SKImageInfo(side, side, SKColorType.Alpha8, SKAlphaType.Premul));
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { IsAntialias = true, Color = SKColors.White };
        canvas.Clear(SKColors.Transparent);
        canvas.SetMatrix(SKMatrix.CreateScaleTranslation(PixelsPerRadius * Oversampling, PixelsPerRadius * Oversampling, side / 2f, side / 2f));
        canvas.DrawPath(ShapePaths.Of(kind), paint);
        canvas.Flush();

        var alpha = bitmap.GetPixelSpan();
        var coverage = new float[Side * Side];
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
                coverage[((y / Oversampling) * Side) + (x / Oversampling)] += alpha[(y * bitmap.RowBytes) + x] / (255f * Oversampling * Oversampling);
        }

        return coverage;
    }

    private static (float Area, float X, float Y, float Spread) Moments(float[] coverage)
    {
        double mass = 0, mx = 0, my = 0, squares = 0;
        for (var i = 0; i < coverage.Length; i++)
        {
            var x = (((i % Side) + 0.5) / PixelsPerRadius) - Reach;
            var y = (((i / Side) + 0.5) / PixelsPerRadius) - Reach;
            mass += coverage[i];
            mx += coverage[i] * x;
            my += coverage[i] * y;
            squares += coverage[i] * ((x * x) + (y * y));
        }

        (mx, my) = (mx / mass, my / mass);
        return ((float)(mass / (PixelsPerRadius * PixelsPerRadius)), (float)mx, (float)my, (float)((squares / mass) - (mx * mx) - (my * my)));
    }

    private static float[] Blur(float[] source, float deviation)
    {
        var reach = (int)MathF.Ceiling(3 * deviation);
        var kernel = Enumerable.Range(-reach, (2 * reach) + 1).Select(i => MathF.Exp(-i * i / (2 * deviation * deviation))).ToArray();
        var sum = kernel.Sum();
        for (var i = 0; i < kernel.Length; i++)
            kernel[i] /= sum;
        return Convolve(Convolve(source, kernel, 1), kernel, Side);
    }

    private static float[] Convolve(float[] source, float[] kernel, int stride)
    {
        var result = new float[source.Length];
        var reach = kernel.Length / 2;
        for (var i = 0; i < source.Length; i++)
        {
            var position = i / stride % Side;
            var value = 0f;
            for (var k = Math.Max(-reach, -position); k <= Math.Min(reach, Side - 1 - position); k++)
                value += kernel[k + reach] * source[i + (k * stride)];
            result[i] = value;
        }

        return result;
    }
}

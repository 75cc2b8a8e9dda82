using System.Runtime.InteropServices;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>The shape of a blob.</summary>
/// <param name="Class">The class that fits best.</param>
/// <param name="CenterX">Centre of the fitted shape's box, in pixels.</param>
/// <param name="CenterY">Centre of the fitted shape's box, in pixels.</param>
/// <param name="Radius">Half the box's side, in pixels.</param>
/// <param name="Misfit">Share of the blob's energy that the shape does not explain, in [0, 1].</param>
/// <param name="RunnerUp">The class that fits second best.</param>
/// <param name="RunnerUpMisfit">Its misfit.</param>
internal sealed record ShapeReading(ShapeClass Class, float CenterX, float CenterY, float Radius, float Misfit, ShapeClass RunnerUp, float RunnerUpMisfit)
{
    private const int Side = World.ImageSize;
    private const int Margin = 3;
    private const float PixelVariance = 1 / 12f;
    private const float GoodFit = 0.006f;

    private static readonly float[] Fullness = [1, 0.9f, 0.8f, 0.7f];

    /// <summary>Fits every class to the blob.</summary>
    public static ShapeReading Of(Blob blob, ColorReading color, ReadingBuffers buffers)
    {
        var window = Cover(blob, color, buffers);
        Span<Fit> fits = stackalloc Fit[ShapeTemplate.All.Length];
        for (var k = 0; k < fits.Length; k++)
            fits[k] = FromMoments(window, buffers.Coverage, ShapeTemplate.All[k]);

        var (best, second) = TwoBest(fits);
        if (fits[best].Misfit > GoodFit || fits[best].Misfit > 0.4f * fits[second].Misfit)
        {
            var limit = Math.Max(3 * fits[best].Misfit, 0.1f);
            for (var k = 0; k < fits.Length; k++)
            {
                if (fits[k].Misfit <= limit)
                    fits[k] = Polish(window, buffers.Coverage, ShapeTemplate.All[k], fits[k]);
            }

            (best, second) = TwoBest(fits);
        }

        var fit = fits[best];
        return new((ShapeClass)best, fit.X + 0.5f, fit.Y + 0.5f, fit.Radius, fit.Misfit, (ShapeClass)second, fits[second].Misfit);
    }

    /// <summary>The share of the blob's colour in every surrounding pixel, and the moments of these shares.</summary>
    private static Window Cover(Blob blob, ColorReading color, ReadingBuffers buffers)
    {
        var (left, top) = (Math.Max(0, blob.Left - Margin), Math.Max(0, blob.Top - Margin));
        var (right, bottom) = (Math.Min(Side - 1, blob.Right + Margin), Math.Min(Side - 1, blob.Bottom + Margin));
        var scale = 1 / Math.Max(1f, (color.Red * color.Red) + (color.Green * color.Green) + (color.Blue * color.Blue));
        double mass = 0, mx = 0, my = 0, squares = 0, energy = 0;
        var n = 0;
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var i = (y * Side) + x;
                var owner = Math.Abs(buffers.Label[i]);
                var share = owner != 0 && owner != blob.Label
                    ? 0
                    : Math.Clamp(
                        ((buffers.Difference[3 * i] * color.Red) + (buffers.Difference[(3 * i) + 1] * color.Green)
                            + (buffers.Difference[(3 * i) + 2] * color.Blue)) * scale,
                        -0.3f,
                        1.15f);
                var visible = Math.Clamp(share, 0, 1);
                buffers.Coverage[n++] = visible;
                energy += visible * visible;
                mass += share;
                mx += share * x;
                my += share * y;
                squares += share * ((x * x) + (y * y));
            }
        }

        mass = Math.Max(mass, 1);
        (mx, my) = (mx / mass, my / mass);
        return new(left, top, right, bottom, (float)mass, (float)mx, (float)my, (float)Math.Max(0, (squares / mass) - (mx * mx) - (my * my)), (float)energy);
    }

    /// <summary>
    /// The fit with the blob's moments. A stroke thinner than the blur never shows its full colour, so the measured full colour may be too low; several
    /// corrections are tried.
    /// </summary>
    private static Fit FromMoments(Window window, float[] coverage, ShapeTemplate template)
    {
        var best = default(Fit) with { Misfit = 2 };
        foreach (var full in Fullness)
        {
            var radius = MathF.Sqrt(full * window.Mass / template.Area);
            var variance = Math.Clamp((window.Spread - (radius * radius * template.Spread)) / 2, PixelVariance, 6f);
            var fit = Compare(
                window,
                coverage,
                template,
                new(window.X - (radius * template.OffsetX), window.Y - (radius * template.OffsetY), radius, MathF.Sqrt(variance), 1));
            if (fit.Misfit < best.Misfit)
                best = fit;
            else
                break;
        }

        return best;
    }

    /// <summary>Improves the fit by coordinate steps in its four parameters, as long as one helps.</summary>
    private static Fit Polish(Window window, float[] coverage, ShapeTemplate template, Fit fit)
    {
        for (var step = 1f; step > 0.2f; step /= 2)
        {
            var before = fit.Misfit;
            fit = Better(
                window,
                coverage,
                template,
                fit,
                fit with { Radius = fit.Radius * (1 + (0.06f * step)) },
                fit with { Radius = fit.Radius * (1 - (0.06f * step)) });
            fit = Better(
                window, coverage, template, fit, fit with { Blur = fit.Blur * (1 + (0.4f * step)) }, fit with { Blur = fit.Blur / (1 + (0.4f * step)) });
            fit = Better(window, coverage, template, fit, fit with { X = fit.X + (0.5f * step) }, fit with { X = fit.X - (0.5f * step) });
            fit = Better(window, coverage, template, fit, fit with { Y = fit.Y + (0.5f * step) }, fit with { Y = fit.Y - (0.5f * step) });
            if (fit.Misfit < 0.9f * before)
                step = Math.Min(1f, step * 2);
        }

        return fit;
    }

    private static Fit Better(Window window, float[] coverage, ShapeTemplate template, Fit fit, Fit up, Fit down)
    {
        up = Compare(window, coverage, template, up);
        if (up.Misfit < fit.Misfit)
            return up;
        down = Compare(window, coverage, template, down);
        return down.Misfit < fit.Misfit ? down : fit;
    }

    /// <summary>The share of the window's energy that remains after subtracting the shape at its best strength.</summary>
    private static Fit Compare(Window window, float[] coverage, ShapeTemplate template, Fit fit)
    {
        var expected = template.Coverage(fit.Blur / fit.Radius);
        var step = ShapeTemplate.PixelsPerRadius / fit.Radius;
        const float origin = (ShapeTemplate.Reach * ShapeTemplate.PixelsPerRadius) - 0.5f;
        const int last = ShapeTemplate.Side - 1;
        float product = 0, energy = 0;
        var width = window.Right - window.Left + 1;
        for (var y = window.Top; y <= window.Bottom; y++)
        {
            var v = ((y - fit.Y) * step) + origin;
            if (!(v >= 0 && v < last))
                continue;
            var fy = v - (int)v;
            var upper = expected.AsSpan((int)v * ShapeTemplate.Side, ShapeTemplate.Side);
            var lower = expected.AsSpan(((int)v + 1) * ShapeTemplate.Side, ShapeTemplate.Side);
            var row = coverage.AsSpan((y - window.Top) * width, width);
            var u = ((window.Left - fit.X) * step) + origin;
            for (var x = 0; x < row.Length; x++, u += step)
            {
                if (!(u >= 0 && u < last))
                    continue;
                var column = (int)u;
                var fx = u - column;
                var above = upper[column] + (fx * (upper[column + 1] - upper[column]));
                var below = lower[column] + (fx * (lower[column + 1] - lower[column]));
                var t = above + (fy * (below - above));
                product += t * row[x];
                energy += t * t;
            }
        }

        return fit with { Misfit = product <= 0 ? 1 : 1 - (product * product / (energy * window.Energy)) };
    }

    private static (int Best, int Second) TwoBest(ReadOnlySpan<Fit> fits)
    {
        var (best, second) = fits[1].Misfit < fits[0].Misfit ? (1, 0) : (0, 1);
        for (var k = 2; k < fits.Length; k++)
        {
            if (fits[k].Misfit < fits[best].Misfit)
                (best, second) = (k, best);
            else if (fits[k].Misfit < fits[second].Misfit)
                second = k;
        }

        return (best, second);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Window(int Left, int Top, int Right, int Bottom, float Mass, float X, float Y, float Spread, float Energy);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Fit(float X, float Y, float Radius, float Blur, float Misfit);
}

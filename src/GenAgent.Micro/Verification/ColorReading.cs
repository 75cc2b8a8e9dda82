using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>The colour of a blob.</summary>
/// <param name="Color">The nearest of the eight.</param>
/// <param name="Red">What was measured inside the blob, minus the background.</param>
/// <param name="Green">The same for green.</param>
/// <param name="Blue">The same for blue.</param>
/// <param name="Distance">Distance to the nearest colour, in levels of 255.</param>
/// <param name="RunnerUp">The second nearest colour.</param>
/// <param name="Margin">1 if no other colour is close, 0 if another is equally close.</param>
/// <param name="Mixed">Share of the inside that looks like another colour, in [0, 1].</param>
internal sealed record ColorReading(ShapeColor Color, float Red, float Green, float Blue, float Distance, ShapeColor RunnerUp, float Margin, float Mixed)
{
    private const int Side = World.ImageSize;

    // A stroke thinner than the blur never reaches its full colour, so paleness counts less than a wrong hue.
    private const float PaleCost = 0.4f;

    // How much closer to another colour, in levels of 255, a pixel must be to count as that colour.
    private const float OtherBy = 5;

    /// <summary>Distance from the background, in levels of 255.</summary>
    public float Contrast => MathF.Sqrt((Red * Red) + (Green * Green) + (Blue * Blue));

    /// <summary>Reads the blob's colour from its inside, which contains no background.</summary>
    public static ColorReading Of(Blob blob, CanvasEstimate canvas, ReadingBuffers buffers)
    {
        var inside = Inside(blob, buffers);
        var full = Strongest(inside, buffers);
        var (r, g, b) = (Median(full, buffers.Difference, 0), Median(full, buffers.Difference, 1), Median(full, buffers.Difference, 2));
        var back = canvas.At((blob.Left + blob.Right) / 2f, (blob.Top + blob.Bottom) / 2f);
        Span<float> costs = stackalloc float[World.Colors.Count];
        Costs(costs, r, g, b, back);
        var (best, second) = TwoBest(costs);
        var mixed = inside.Count(i => IsOther(i, (ShapeColor)best, back, buffers.Smooth)) / (float)inside.Count;
        return new((ShapeColor)best, r, g, b, costs[best], (ShapeColor)second, 1 - (costs[best] / Math.Max(1e-3f, costs[second])), mixed);
    }

    private static List<int> Inside(Blob blob, ReadingBuffers buffers)
    {
        List<int> inside = [];
        List<int> all = [];
        var label = buffers.Label;
        for (var y = blob.Top; y <= blob.Bottom; y++)
        {
            for (var x = blob.Left; x <= blob.Right; x++)
            {
                var i = (y * Side) + x;
                if (label[i] != blob.Label)
                    continue;
                all.Add(i);
                if (x > 0 && y > 0 && x < Side - 1 && y < Side - 1
                    && label[i - 1] == blob.Label && label[i + 1] == blob.Label && label[i - Side] == blob.Label && label[i + Side] == blob.Label)
                {
                    inside.Add(i);
                }
            }
        }

        return inside.Count == 0 ? all : inside;
    }

    /// <summary>The half with the strongest colour: in thin shapes the rest is mixed with the background.</summary>
    private static List<int> Strongest(List<int> inside, ReadingBuffers buffers)
    {
        var strengths = new float[inside.Count];
        for (var i = 0; i < strengths.Length; i++)
            strengths[i] = buffers.Distance[inside[i]];
        Array.Sort(strengths);
        var middle = strengths[strengths.Length / 2];
        return inside.FindAll(i => buffers.Distance[i] >= middle);
    }

    private static float Median(List<int> pixels, float[] difference, int channel)
    {
        var values = new float[pixels.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = difference[(3 * pixels[i]) + channel];
        Array.Sort(values);
        return values[values.Length / 2];
    }

    private static bool IsOther(int pixel, ShapeColor color, (float R, float G, float B) back, float[] smooth)
    {
        Span<float> costs = stackalloc float[World.Colors.Count];
        Costs(costs, smooth[3 * pixel], smooth[(3 * pixel) + 1], smooth[(3 * pixel) + 2], back);
        return costs[TwoBest(costs).Best] < costs[(int)color] - OtherBy;
    }

    private static void Costs(Span<float> costs, float r, float g, float b, (float R, float G, float B) back)
    {
        for (var k = 0; k < costs.Length; k++)
        {
            var paint = World.Paint((ShapeColor)k);
            var (cr, cg, cb) = (paint.R - back.R, paint.G - back.G, paint.B - back.B);
            var squared = (cr * cr) + (cg * cg) + (cb * cb);
            var share = Math.Clamp(((r * cr) + (g * cg) + (b * cb)) / squared, 0.3f, 1.3f);
            var (dr, dg, db) = (r - (share * cr), g - (share * cg), b - (share * cb));
            var pale = PaleCost * (1 - share);
            costs[k] = MathF.Sqrt((dr * dr) + (dg * dg) + (db * db) + (pale * pale * squared));
        }
    }

    private static (int Best, int Second) TwoBest(ReadOnlySpan<float> costs)
    {
        var (best, second) = costs[1] < costs[0] ? (1, 0) : (0, 1);
        for (var k = 2; k < costs.Length; k++)
        {
            if (costs[k] < costs[best])
                (best, second) = (k, best);
            else if (costs[k] < costs[second])
                second = k;
        }

        return (best, second);
    }
}

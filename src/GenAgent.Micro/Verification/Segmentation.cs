using System.Runtime.InteropServices;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>Connected pixels that differ from the background.</summary>
/// <param name="Label">Its number in the label map.</param>
/// <param name="Pixels">How many pixels.</param>
/// <param name="Left">Leftmost pixel.</param>
/// <param name="Top">Topmost pixel.</param>
/// <param name="Right">Rightmost pixel, inclusive.</param>
/// <param name="Bottom">Bottommost pixel, inclusive.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Blob(int Label, int Pixels, int Left, int Top, int Right, int Bottom);

/// <summary>
/// Segments the image into blobs. A pixel belongs to a blob if it is closer to the strongest nearby colour than to the background: blur does not move the
/// contour at half contrast, so neighbours stay separate that a fixed threshold would join.
/// </summary>
internal static class Segmentation
{
    private const int Side = World.ImageSize;
    private const int PeakReach = 3;
    private const float HalfContrast = 0.48f;
    private const float MinContrast = 36f;
    private const float NoiseFactor = 1.3f;
    private const float NoisyFrom = 14f;
    private const int Growth = 3;

    public static List<Blob> Cut(RgbImage image, CanvasEstimate canvas, ReadingBuffers buffers)
    {
        Subtract(image, canvas, buffers.Difference);
        SmoothedLength(buffers.Difference, buffers);
        if (canvas.Noise > NoisyFrom)
            SmoothedLength(buffers.Smooth, buffers);
        LocalMaximum(buffers.Distance, buffers.Peak, buffers.Scratch);
        var floor = Math.Max(MinContrast, NoiseFactor * canvas.Noise);
        var label = buffers.Label;
        for (var i = 0; i < label.Length; i++)
            label[i] = buffers.Distance[i] > Math.Max(floor, HalfContrast * buffers.Peak[i]) ? -1 : 0;

        var blobs = Collect(buffers);
        Grow(buffers);
        return blobs;
    }

    private static void Subtract(RgbImage image, CanvasEstimate canvas, float[] difference)
    {
        var pixels = image.Pixels;
        for (var y = 0; y < Side; y++)
        {
            var (r0, g0, b0) = canvas.At(0, y);
            var (r1, g1, b1) = canvas.At(1, y);
            var (sr, sg, sb) = (r1 - r0, g1 - g0, b1 - b0);
            for (int x = 0, i = 3 * y * Side; x < Side; x++, i += 3)
            {
                difference[i] = pixels[i] - (r0 + (sr * x));
                difference[i + 1] = pixels[i + 1] - (g0 + (sg * x));
                difference[i + 2] = pixels[i + 2] - (b0 + (sb * x));
            }
        }
    }

    /// <summary>The length of the difference after a binomial 3 x 3 blur, which halves the noise and preserves shapes.</summary>
    private static void SmoothedLength(float[] source, ReadingBuffers buffers)
    {
        var (rows, smooth, target) = (buffers.Scratch, buffers.Smooth, buffers.Distance);
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
            {
                var i = 3 * ((y * Side) + x);
                var left = x > 0 ? i - 3 : i;
                var right = x < Side - 1 ? i + 3 : i;
                rows[i] = (source[left] + (2 * source[i]) + source[right]) * 0.25f;
                rows[i + 1] = (source[left + 1] + (2 * source[i + 1]) + source[right + 1]) * 0.25f;
                rows[i + 2] = (source[left + 2] + (2 * source[i + 2]) + source[right + 2]) * 0.25f;
            }
        }

        for (var i = 0; i < target.Length; i++)
        {
            var above = 3 * (i >= Side ? i - Side : i);
            var below = 3 * (i < target.Length - Side ? i + Side : i);
            var here = 3 * i;
            var r = (rows[above] + (2 * rows[here]) + rows[below]) * 0.25f;
            var g = (rows[above + 1] + (2 * rows[here + 1]) + rows[below + 1]) * 0.25f;
            var b = (rows[above + 2] + (2 * rows[here + 2]) + rows[below + 2]) * 0.25f;
            (smooth[here], smooth[here + 1], smooth[here + 2]) = (r, g, b);
            target[i] = MathF.Sqrt((r * r) + (g * g) + (b * b));
        }
    }

    private static void LocalMaximum(float[] source, float[] target, float[] rows)
    {
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
            {
                var best = 0f;
                for (var k = Math.Max(0, x - PeakReach); k <= Math.Min(Side - 1, x + PeakReach); k++)
                    best = Math.Max(best, source[(y * Side) + k]);
                rows[(y * Side) + x] = best;
            }
        }

        for (var y = 0; y < Side; y++)
        {
            var from = Math.Max(0, y - PeakReach);
            var to = Math.Min(Side - 1, y + PeakReach);
            var line = target.AsSpan(y * Side, Side);
            rows.AsSpan(from * Side, Side).CopyTo(line);
            for (var k = from + 1; k <= to; k++)
            {
                var other = rows.AsSpan(k * Side, Side);
                for (var x = 0; x < Side; x++)
                    line[x] = Math.Max(line[x], other[x]);
            }
        }
    }

    /// <summary>Connected components (four neighbours) of the pixels marked -1, labelled from 1.</summary>
    private static List<Blob> Collect(ReadingBuffers buffers)
    {
        var (label, queue) = (buffers.Label, buffers.Queue);
        List<Blob> blobs = [];
        for (var start = 0; start < label.Length; start++)
        {
            if (label[start] != -1)
                continue;
            var number = blobs.Count + 1;
            var (head, tail) = (0, 0);
            var (left, top, right, bottom) = (Side, Side, 0, 0);
            queue[tail++] = start;
            label[start] = number;
            while (head < tail)
            {
                var i = queue[head++];
                var (x, y) = (i % Side, i / Side);
                (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x), Math.Max(bottom, y));
                if (x > 0)
                    tail = Visit(label, queue, tail, i - 1, number);
                if (x < Side - 1)
                    tail = Visit(label, queue, tail, i + 1, number);
                if (y > 0)
                    tail = Visit(label, queue, tail, i - Side, number);
                if (y < Side - 1)
                    tail = Visit(label, queue, tail, i + Side, number);
            }

            blobs.Add(new Blob(number, tail, left, top, right, bottom));
        }

        return blobs;
    }

    private static int Visit(int[] label, int[] queue, int tail, int i, int number)
    {
        if (label[i] != -1)
            return tail;
        label[i] = number;
        queue[tail] = i;
        return tail + 1;
    }

    /// <summary>Assigns the surrounding pixels to each blob, so that a neighbour's edge is not mistaken for its own.</summary>
    private static void Grow(ReadingBuffers buffers)
    {
        var (label, queue) = (buffers.Label, buffers.Queue);
        var tail = 0;
        for (var i = 0; i < label.Length; i++)
        {
            if (label[i] > 0)
                queue[tail++] = i;
        }

        var head = 0;
        for (var step = 1; step <= Growth; step++)
        {
            var end = tail;
            while (head < end)
            {
                var i = queue[head++];
                var (x, number) = (i % Side, Math.Abs(label[i]));
                tail = x > 0 ? Claim(label, queue, tail, i - 1, number) : tail;
                tail = x < Side - 1 ? Claim(label, queue, tail, i + 1, number) : tail;
                tail = i >= Side ? Claim(label, queue, tail, i - Side, number) : tail;
                tail = i < label.Length - Side ? Claim(label, queue, tail, i + Side, number) : tail;
            }
        }
    }

    // Pixels added by growing have the negative label: they belong to the blob but are not part of its core.
    private static int Claim(int[] label, int[] queue, int tail, int i, int number)
    {
        if (label[i] != 0)
            return tail;
        label[i] = -number;
        queue[tail] = i;
        return tail + 1;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>The element-wise parts of a decoder on rows of fp32. Sums run in one fixed order.</summary>
internal static unsafe class VectorMath
{
    /// <summary>
    /// How innermost loops are compiled. With all optimizations at once: code that the runtime compiles quickly first is many times slower, and a
    /// short program ends before the second try. And as calls of their own: inlined into a caller, their row pointers are spilled.
    /// </summary>
    public const MethodImplOptions Kernel = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    private static int Width => Vector256<float>.Count;

    /// <summary>
    /// One value in all lanes. <c>Vector256.Create</c> of a value in memory becomes a load and a shuffle, and the shuffle takes the place of
    /// a multiply-add; this is a load alone.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float* value) => Avx.IsSupported ? Avx.BroadcastScalarToVector256(value) : Vector256.Create(*value);

    /// <summary>Adds a value's product with two vectors to two sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(float* value, Vector256<float> low, Vector256<float> high, ref Vector256<float> a, ref Vector256<float> b)
    {
        var all = Broadcast(value);
        a = Vector256.MultiplyAddEstimate(all, low, a);
        b = Vector256.MultiplyAddEstimate(all, high, b);
    }

    /// <summary>Stores two vectors side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* y, Vector256<float> a, Vector256<float> b)
    {
        a.Store(y);
        b.Store(y + Width);
    }

    /// <summary>Turns pairs (x[i], x[i + pairs]) by their angles, and scales them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(float* x, float* cos, float* sin, int pairs, float scale)
    {
        var i = 0;
        for (; i + Width <= pairs; i += Width)
        {
            var (first, second) = (Vector256.Load(x + i), Vector256.Load(x + i + pairs));
            var (c, s) = (Vector256.Load(cos + i), Vector256.Load(sin + i));
            (((first * c) - (second * s)) * scale).Store(x + i);
            (((second * c) + (first * s)) * scale).Store(x + i + pairs);
        }

        for (; i < pairs; i++)
        {
            var (first, second) = (x[i], x[i + pairs]);
            x[i] = ((first * cos[i]) - (second * sin[i])) * scale;
            x[i + pairs] = ((second * cos[i]) + (first * sin[i])) * scale;
        }
    }

    /// <summary>y = x / sqrt(mean(x^2) + eps) * weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(float* x, float* weight, float* y, int width, float eps)
    {
        var scale = Vector256.Create(1f / MathF.Sqrt((SumOfSquares(x, width) / width) + eps));
        var i = 0;
        for (; i + Width <= width; i += Width)
        {
            (Vector256.Load(x + i) * scale * Vector256.Load(weight + i)).Store(y + i);
        }

        for (; i < width; i++)
        {
            y[i] = x[i] * scale[0] * weight[i];
        }
    }

    /// <summary>y += x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* x, float* y, int width)
    {
        var i = 0;
        for (; i + Width <= width; i += Width)
        {
            (Vector256.Load(y + i) + Vector256.Load(x + i)).Store(y + i);
        }

        for (; i < width; i++)
        {
            y[i] += x[i];
        }
    }

    /// <summary>y = silu(gate) * up; the width is a multiple of a vector's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GatedSilu(float* gate, float* up, float* y, int width)
    {
        for (var i = 0; i < width; i += Width)
        {
            var value = Vector256.Load(gate + i);
            (value / (Vector256<float>.One + Vector256.Exp(-value)) * Vector256.Load(up + i)).Store(y + i);
        }
    }

    /// <summary>Turns scores into unnormalised weights, exp(score - highest), and returns their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentiate(float* scores, int count)
    {
        var highest = Highest(scores, count);
        var shift = Vector256.Create(highest);
        var sums = Vector256<float>.Zero;
        var i = 0;
        for (; i + Width <= count; i += Width)
        {
            var weights = Vector256.Exp(Vector256.Load(scores + i) - shift);
            weights.Store(scores + i);
            sums += weights;
        }

        var sum = Vector256.Sum(sums);
        for (; i < count; i++)
        {
            scores[i] = MathF.Exp(scores[i] - highest);
            sum += scores[i];
        }

        return sum;
    }

    /// <summary>The highest of one or more values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Highest(float* values, int count)
    {
        var highest = float.NegativeInfinity;
        var i = 0;
        if (count >= Width)
        {
            var most = Vector256.Load(values);
            for (i = Width; i + Width <= count; i += Width)
            {
                most = Vector256.Max(most, Vector256.Load(values + i));
            }

            for (var lane = 0; lane < Width; lane++)
            {
                highest = MathF.Max(highest, most[lane]);
            }
        }

        for (; i < count; i++)
        {
            highest = MathF.Max(highest, values[i]);
        }

        return highest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfSquares(float* x, int width)
    {
        Vector256<float> even = default, odd = default;
        var i = 0;
        for (; i + (2 * Width) <= width; i += 2 * Width)
        {
            var (first, second) = (Vector256.Load(x + i), Vector256.Load(x + i + Width));
            even = Vector256.MultiplyAddEstimate(first, first, even);
            odd = Vector256.MultiplyAddEstimate(second, second, odd);
        }

        var sum = Vector256.Sum(even + odd);
        for (; i < width; i++)
        {
            sum += x[i] * x[i];
        }

        return sum;
    }
}

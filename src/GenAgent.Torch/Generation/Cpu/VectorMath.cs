using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>The element-wise parts of a decoder on rows of fp32. Sums run in one fixed order.</summary>
internal static unsafe class VectorMath
{
    /// <summary>
    /// How innermost loops are compiled. Fully optimized at once: tier-0 code is many times slower, and a short program ends before it is recompiled. And
    /// never inlined: inlined into a caller, their row pointers are spilled.
    /// </summary>
    public const MethodImplOptions Kernel = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    private static int Width => Vector256<float>.Count;

    /// <summary>
    /// One value in all lanes. <c>Vector256.Create</c> of a value in memory becomes a load and a shuffle, and the shuffle takes the place of
    /// a multiply-add; this is a load alone.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float* value) => Avx.IsSupported ? Avx.BroadcastScalarToVector256(value) : Vector256.Create(*value);

    /// <summary>Prefetches a cache line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* at)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(at);
        }
    }

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

    /// <summary>Rotates pairs (x[i], x[i + pairs]) by their angles, and scales them.</summary>
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

    /// <summary>
    /// e to the power of each lane, to 2 units in the last place: 0 below the powers that fp32 can hold, and e^88 above them. Inlined and in fp32 alone:
    /// <c>Vector256.Exp</c> is a call in double precision.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        const float Least = -87.33654f;
        const float Most = 88;

        // x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 x 2^23 leaves n in the lowest bits; ln 2 is split, so that n times its upper part is exact.
        var rounding = Vector256.Create(12582912f);
        var bounded = Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256.Create(Most)), Vector256.Create(Most), x);
        var shifted = Vector256.MultiplyAddEstimate(bounded, Vector256.Create(1.44269504f), rounding);
        var n = shifted - rounding;
        var r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-0.693359375f), bounded);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(2.12194440e-4f), r);

        // The polynomial of Cephes' expf.
        var p = Vector256.MultiplyAddEstimate(Vector256.Create(1.9875691500e-4f), r, Vector256.Create(1.3981999507e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(8.3334519073e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(4.1665795894e-2f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.6666665459e-1f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(0.5f));
        p = Vector256.MultiplyAddEstimate(p, r * r, r + Vector256<float>.One);
        var power = (Vector256.ShiftLeft(shifted.AsInt32(), 23) + p.AsInt32()).AsSingle();
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(Least)), Vector256<float>.Zero, power);
    }

    /// <summary>y = silu(gate) * up; the width is a multiple of a vector's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GatedSilu(float* gate, float* up, float* y, int width)
    {
        for (var i = 0; i < width; i += Width)
        {
            var value = Vector256.Load(gate + i);
            (value / (Vector256<float>.One + Exp(-value)) * Vector256.Load(up + i)).Store(y + i);
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
            var weights = Exp(Vector256.Load(scores + i) - shift);
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

    /// <inheritdoc cref="Highest(float*, int)"/>
    public static float Highest(ReadOnlySpan<float> values)
    {
        fixed (float* first = values)
        {
            return Highest(first, values.Length);
        }
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

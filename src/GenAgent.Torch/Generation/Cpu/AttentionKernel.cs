using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>
/// Attention of the query heads that share a key-value head over the blocks of one sequence, four at a time: keys and values are read once
/// for them. The order of all sums depends on the tokens alone.
/// </summary>
internal static unsafe class AttentionKernel
{
    /// <summary>Query heads that are computed together.</summary>
    public const int Together = 4;

    private const int Tokens = PagedKeyValues.BlockTokens;
    private const int CacheLine = AlignedBuffer.CacheLine / sizeof(float);

    /// <summary>Number of heads to allocate room for: one, or the number rounded up to whole groups of four.</summary>
    public static int PaddedHeads(int heads) => heads == 1 ? 1 : (heads + Together - 1) / Together * Together;

    /// <summary>Computes attention over the first <paramref name="count"/> tokens.</summary>
    /// <param name="cache">Keys and values.</param>
    /// <param name="layer">Which layer's.</param>
    /// <param name="head">Which key-value head's.</param>
    /// <param name="blocks">The sequence's blocks.</param>
    /// <param name="count">How many tokens the queries see, 1 or more.</param>
    /// <param name="heads">Number of query heads; there is room for <see cref="PaddedHeads"/>.</param>
    /// <param name="queries"><c>[heads, width]</c>, scaled, and padded with zeros.</param>
    /// <param name="scores">Room for a row of <paramref name="count"/>, rounded up to whole blocks, for each head.</param>
    /// <param name="outputs"><c>[heads, width]</c>.</param>
    public static void Attend(
        PagedKeyValues cache, int layer, int head, ReadOnlySpan<int> blocks, int count, int heads, float* queries, float* scores, float* outputs)
    {
        var (width, stride) = (cache.Width, Padded(count));
        for (var block = 0; block * Tokens < count; block++)
        {
            var keys = cache.Keys(layer, blocks[block], head);
            if ((block + 1) * Tokens < count)
            {
                Prefetch(cache.Keys(layer, blocks[block + 1], head), width);
            }

            Prefetch(cache.Values(layer, blocks[block], head), width);
            if (heads == 1)
            {
                ScoreOne(keys, queries, width, scores + (block * Tokens));
                continue;
            }

            for (var first = 0; first < heads; first += Together)
            {
                ScoreFour(keys, queries + (first * width), width, scores + ((long)first * stride) + (block * Tokens), stride);
            }
        }

        var scales = stackalloc float[PaddedHeads(heads)];
        for (var i = 0; i < heads; i++)
        {
            scales[i] = 1f / VectorMath.Exponentiate(scores + ((long)i * stride), count);
        }

        for (var at = 0; at < width; at += 2 * Vector256<float>.Count)
        {
            var isPair = at + (2 * Vector256<float>.Count) <= width;
            if (heads == 1)
            {
                MixOne(cache, layer, head, blocks, count, scores, outputs + at, at, isPair, scales);
                continue;
            }

            for (var first = 0; first < heads; first += Together)
            {
                var weights = scores + ((long)first * stride);
                var output = outputs + (first * width) + at;
                if (isPair)
                {
                    MixFourPair(cache, layer, head, blocks, count, weights, stride, output, at, scales + first);
                }
                else
                {
                    MixFour(cache, layer, head, blocks, count, weights, stride, output, at, scales + first);
                }
            }
        }
    }

    /// <summary>Prefetches a block's keys or values: blocks are not contiguous, so the processor's own prefetching restarts at each.</summary>
    private static void Prefetch(float* block, int width)
    {
        for (var line = 0; line < width * Tokens; line += CacheLine)
        {
            VectorMath.Prefetch((byte*)(block + line));
        }
    }

    /// <summary>A number of tokens, rounded up to whole blocks.</summary>
    public static int Padded(int count) => (count + Tokens - 1) / Tokens * Tokens;

    [MethodImpl(VectorMath.Kernel)]
    private static void ScoreFour(float* keys, float* queries, int width, float* scores, int stride)
    {
        var q1 = queries + width;
        var q2 = q1 + width;
        var q3 = q2 + width;
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
        for (nint i = 0; i < width; i++, keys += Tokens)
        {
            var (low, high) = (Vector256.Load(keys), Vector256.Load(keys + 8));
            VectorMath.AddProduct(queries + i, low, high, ref a0, ref b0);
            VectorMath.AddProduct(q1 + i, low, high, ref a1, ref b1);
            VectorMath.AddProduct(q2 + i, low, high, ref a2, ref b2);
            VectorMath.AddProduct(q3 + i, low, high, ref a3, ref b3);
        }

        VectorMath.Store(scores, a0, b0);
        VectorMath.Store(scores + stride, a1, b1);
        VectorMath.Store(scores + (2L * stride), a2, b2);
        VectorMath.Store(scores + (3L * stride), a3, b3);
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void ScoreOne(float* keys, float* query, int width, float* scores)
    {
        // Widths are whole vectors: two inputs per iteration, for more sums in flight.
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default;
        for (nint i = 0; i < width; i += 2, keys += 2 * Tokens)
        {
            VectorMath.AddProduct(query + i, Vector256.Load(keys), Vector256.Load(keys + 8), ref a0, ref b0);
            VectorMath.AddProduct(query + i + 1, Vector256.Load(keys + Tokens), Vector256.Load(keys + Tokens + 8), ref a1, ref b1);
        }

        VectorMath.Store(scores, a0 + a1, b0 + b1);
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void MixFourPair(
        PagedKeyValues cache, int layer, int head, ReadOnlySpan<int> blocks, int count, float* weights, int stride, float* output, int at, float* scales)
    {
        var width = cache.Width;
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
        for (var first = 0; first < count; first += Tokens)
        {
            var values = cache.Values(layer, blocks[first / Tokens], head) + at;
            var w0 = weights + first;
            var w1 = w0 + stride;
            var w2 = w1 + stride;
            var w3 = w2 + stride;
            nint tokens = Math.Min(Tokens, count - first);
            for (nint token = 0; token < tokens; token++, values += width)
            {
                var (low, high) = (Vector256.Load(values), Vector256.Load(values + 8));
                VectorMath.AddProduct(w0 + token, low, high, ref a0, ref b0);
                VectorMath.AddProduct(w1 + token, low, high, ref a1, ref b1);
                VectorMath.AddProduct(w2 + token, low, high, ref a2, ref b2);
                VectorMath.AddProduct(w3 + token, low, high, ref a3, ref b3);
            }
        }

        Vector256<float> s0 = Vector256.Create(scales[0]), s1 = Vector256.Create(scales[1]), s2 = Vector256.Create(scales[2]), s3 = Vector256.Create(scales[3]);
        VectorMath.Store(output, a0 * s0, b0 * s0);
        VectorMath.Store(output + width, a1 * s1, b1 * s1);
        VectorMath.Store(output + (2L * width), a2 * s2, b2 * s2);
        VectorMath.Store(output + (3L * width), a3 * s3, b3 * s3);
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void MixFour(
        PagedKeyValues cache, int layer, int head, ReadOnlySpan<int> blocks, int count, float* weights, int stride, float* output, int at, float* scales)
    {
        var width = cache.Width;
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default;
        for (var first = 0; first < count; first += Tokens)
        {
            var values = cache.Values(layer, blocks[first / Tokens], head) + at;
            var weight = weights + first;
            var tokens = Math.Min(Tokens, count - first);
            for (var token = 0; token < tokens; token++, values += width, weight++)
            {
                var value = Vector256.Load(values);
                a0 = Vector256.MultiplyAddEstimate(VectorMath.Broadcast(weight), value, a0);
                a1 = Vector256.MultiplyAddEstimate(VectorMath.Broadcast(weight + stride), value, a1);
                a2 = Vector256.MultiplyAddEstimate(VectorMath.Broadcast(weight + (2L * stride)), value, a2);
                a3 = Vector256.MultiplyAddEstimate(VectorMath.Broadcast(weight + (3L * stride)), value, a3);
            }
        }

        (a0 * scales[0]).Store(output);
        (a1 * scales[1]).Store(output + width);
        (a2 * scales[2]).Store(output + (2L * width));
        (a3 * scales[3]).Store(output + (3L * width));
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void MixOne(
        PagedKeyValues cache, int layer, int head, ReadOnlySpan<int> blocks, int count, float* weights, float* output, int at, bool isPair, float* scales)
    {
        Vector256<float> a = default, b = default;
        for (var first = 0; first < count; first += Tokens)
        {
            var values = cache.Values(layer, blocks[first / Tokens], head) + at;
            var tokens = Math.Min(Tokens, count - first);
            for (var token = 0; token < tokens; token++, values += cache.Width)
            {
                var low = Vector256.Load(values);
                VectorMath.AddProduct(weights + first + token, low, isPair ? Vector256.Load(values + 8) : low, ref a, ref b);
            }
        }

        (a * scales[0]).Store(output);
        if (isPair)
        {
            (b * scales[0]).Store(output + 8);
        }
    }
}

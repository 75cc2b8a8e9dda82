using System.Runtime.Intrinsics;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>Attention of one query head over the blocks of one sequence. The order of all sums depends on the tokens alone.</summary>
internal static unsafe class AttentionKernel
{
    private const int Tokens = PagedKeyValues.BlockTokens;

    /// <summary>Mixes the values of the first <paramref name="count"/> tokens.</summary>
    /// <param name="cache">Keys and values.</param>
    /// <param name="layer">Which layer's.</param>
    /// <param name="head">Which key-value head's.</param>
    /// <param name="blocks">The sequence's blocks.</param>
    /// <param name="count">How many tokens the query sees, 1 or more.</param>
    /// <param name="query"><c>[width]</c>, scaled and padded with zeros.</param>
    /// <param name="scores">Room for <paramref name="count"/>, rounded up to whole blocks.</param>
    /// <param name="output"><c>[width]</c>.</param>
    public static void Attend(PagedKeyValues cache, int layer, int head, ReadOnlySpan<int> blocks, int count, float* query, float* scores, float* output)
    {
        for (var block = 0; block * Tokens < count; block++)
        {
            Score(cache.Keys(layer, blocks[block], head), query, cache.Width, scores + (block * Tokens));
        }

        var scale = Vector256.Create(1f / VectorMath.Exponentiate(scores, count));
        var at = 0;
        for (; at + (4 * Vector256<float>.Count) <= cache.Width; at += 4 * Vector256<float>.Count)
        {
            MixFour(cache, layer, head, blocks, count, scores, output, at, scale);
        }

        for (; at < cache.Width; at += Vector256<float>.Count)
        {
            MixOne(cache, layer, head, blocks, count, scores, output, at, scale);
        }
    }

    private static void Score(float* keys, float* query, int width, float* scores)
    {
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
        for (var i = 0; i < width; i += 4, keys += 4 * Tokens)
        {
            var q = VectorMath.Broadcast(query + i);
            a0 = Vector256.MultiplyAddEstimate(q, Vector256.Load(keys), a0);
            b0 = Vector256.MultiplyAddEstimate(q, Vector256.Load(keys + 8), b0);
            q = VectorMath.Broadcast(query + i + 1);
            a1 = Vector256.MultiplyAddEstimate(q, Vector256.Load(keys + 16), a1);
            b1 = Vector256.MultiplyAddEstimate(q, Vector256.Load(keys + 24), b1);
            q = VectorMath.Broadcast(query + i + 2);
            a2 = Vector256.MultiplyAddEstimate(q, Vector256.Load(keys + 32), a2);
            b2 = Vector256.MultiplyAddEstimate(q, Vector256.Load(keys + 40), b2);
            q = VectorMath.Broadcast(query + i + 3);
            a3 = Vector256.MultiplyAddEstimate(q, Vector256.Load(keys + 48), a3);
            b3 = Vector256.MultiplyAddEstimate(q, Vector256.Load(keys + 56), b3);
        }

        (a0 + a1 + (a2 + a3)).Store(scores);
        (b0 + b1 + (b2 + b3)).Store(scores + 8);
    }

    private static void MixFour(PagedKeyValues cache, int layer, int head, ReadOnlySpan<int> blocks, int count, float* weights, float* output, int at, Vector256<float> scale)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (var first = 0; first < count; first += Tokens)
        {
            var values = cache.Values(layer, blocks[first / Tokens], head) + at;
            var tokens = Math.Min(Tokens, count - first);
            for (var token = 0; token < tokens; token++, values += cache.Width)
            {
                var weight = VectorMath.Broadcast(weights + first + token);
                a = Vector256.MultiplyAddEstimate(weight, Vector256.Load(values), a);
                b = Vector256.MultiplyAddEstimate(weight, Vector256.Load(values + 8), b);
                c = Vector256.MultiplyAddEstimate(weight, Vector256.Load(values + 16), c);
                d = Vector256.MultiplyAddEstimate(weight, Vector256.Load(values + 24), d);
            }
        }

        (a * scale).Store(output + at);
        (b * scale).Store(output + at + 8);
        (c * scale).Store(output + at + 16);
        (d * scale).Store(output + at + 24);
    }

    private static void MixOne(PagedKeyValues cache, int layer, int head, ReadOnlySpan<int> blocks, int count, float* weights, float* output, int at, Vector256<float> scale)
    {
        Vector256<float> sum = default;
        for (var first = 0; first < count; first += Tokens)
        {
            var values = cache.Values(layer, blocks[first / Tokens], head) + at;
            var tokens = Math.Min(Tokens, count - first);
            for (var token = 0; token < tokens; token++, values += cache.Width)
            {
                sum = Vector256.MultiplyAddEstimate(VectorMath.Broadcast(weights + first + token), Vector256.Load(values), sum);
            }
        }

        (sum * scale).Store(output + at);
    }
}

using System.Runtime.Intrinsics;
using System.Runtime.InteropServices;
using GenAgent.Torch.Generation.Cpu;

namespace GenAgent.Torch.Generation.Sampling;

/// <summary>
/// Chooses a token from logits, in the order of the reference's processors: bias, repetition penalty, bans, temperature, top-k, top-p, min-p.
/// Reuses its working memory; not thread-safe.
/// </summary>
internal sealed class TokenSampler(int vocabularySize)
{
    private readonly float[] _logits = new float[vocabularySize];
    private readonly float[] _weights = new float[vocabularySize];
    private readonly float[] _sorted = new float[vocabularySize];
    private readonly int[] _ids = new int[vocabularySize];

    /// <summary>Samples one token.</summary>
    /// <param name="logits"><c>[vocabulary]</c>.</param>
    /// <param name="options">How.</param>
    /// <param name="seen">Ids that the sequence has, for the repetition penalty.</param>
    /// <param name="banned">Ids that may not be sampled.</param>
    /// <param name="draw">A uniform value in [0, 1).</param>
    /// <param name="biases">What is added to the logits of some ids.</param>
    public GeneratedToken Sample(
        ReadOnlySpan<float> logits,
        SamplingOptions options,
        IReadOnlySet<int> seen,
        ReadOnlySpan<int> banned,
        double draw,
        ReadOnlySpan<(int Id, float Bias)> biases = default)
    {
        logits = logits[..vocabularySize];
        logits.CopyTo(_logits);
        foreach (var (id, bias) in biases)
        {
            _logits[id] += bias;
        }

        Penalize(options.RepetitionPenalty, seen);
        foreach (var id in banned)
        {
            _logits[id] = float.NegativeInfinity;
        }

        var chosen = options.Temperature > 0 ? Draw(options, draw) : Likeliest(_logits);
        var temperature = options.LogProbsAtTemperatureOne || options.Temperature == 0 ? 1 : options.Temperature;
        return new GeneratedToken(chosen, LogProb(logits, chosen, temperature));
    }

    /// <summary>The log-probability of an id under the logits divided by a temperature.</summary>
    internal float LogProb(ReadOnlySpan<float> logits, int id, double temperature)
    {
        var highest = VectorMath.Highest(logits);
        var sum = Weigh(logits, highest, temperature);
        return (float)(((logits[id] - highest) / temperature) - Math.Log(sum));
    }

    private static int Likeliest(ReadOnlySpan<float> values) => values.IndexOf(VectorMath.Highest(values));

    private void Penalize(double penalty, IReadOnlySet<int> seen)
    {
        if (penalty == 1)
        {
            return;
        }

        foreach (var id in seen)
        {
            _logits[id] = (float)(_logits[id] > 0 ? _logits[id] / penalty : _logits[id] * penalty);
        }
    }

    /// <summary>Fills the weights with exp((value - highest) / temperature), and returns their sum.</summary>
    private double Weigh(ReadOnlySpan<float> values, float highest, double temperature)
    {
        var (shift, scale) = (Vector256.Create(highest), Vector256.Create((float)(1 / temperature)));
        var source = MemoryMarshal.Cast<float, Vector256<float>>(values);
        var target = MemoryMarshal.Cast<float, Vector256<float>>(_weights.AsSpan(0, values.Length));
        Vector256<double> lower = default, upper = default;
        for (var i = 0; i < source.Length; i++)
        {
            var weights = VectorMath.Exp((source[i] - shift) * scale);
            target[i] = weights;
            lower += Vector256.WidenLower(weights);
            upper += Vector256.WidenUpper(weights);
        }

        var sum = Vector256.Sum(lower + upper);

        for (var i = source.Length * Vector256<float>.Count; i < values.Length; i++)
        {
            _weights[i] = MathF.Exp((values[i] - highest) * scale[0]);
            sum += _weights[i];
        }

        return sum;
    }

    private int Draw(SamplingOptions options, double draw)
    {
        var sum = Weigh(_logits, VectorMath.Highest(_logits), options.Temperature);
        var topK = options.TopK > 0 && options.TopK < vocabularySize;
        if (!topK && options.TopP >= 1 && options.MinP <= 0)
        {
            return InOrder(_weights, draw * sum);
        }

        var (count, kept) = Truncate(options, sum, topK);
        return _ids[InOrder(_sorted.AsSpan(0, count), draw * kept)];
    }

    /// <summary>Leaves the likeliest ids in falling order in the working memory; returns how many, and the sum of their weights.</summary>
    private (int Count, double Sum) Truncate(SamplingOptions options, double sum, bool topK)
    {
        // Tokens below these bounds are certain to be removed, which makes sorting the rest cheap. All weights are at most 1.
        var bound = Math.Max(options.MinP, topK ? SmallestOfLargest(options.TopK) : (1 - options.TopP) * sum / vocabularySize);
        var count = 0;
        for (var id = 0; id < vocabularySize; id++)
        {
            if (_weights[id] >= bound && _weights[id] > 0)
            {
                (_sorted[count], _ids[count]) = (-_weights[id], id);
                count++;
            }
        }

        Array.Sort(_sorted, _ids, 0, count);
        count = topK ? Math.Min(count, options.TopK) : count;
        double kept = 0;
        for (var i = 0; i < count; i++)
        {
            _sorted[i] = -_sorted[i];
            kept += _sorted[i];
        }

        var mass = topK ? kept : sum;
        double reached = 0;
        for (var i = 0; i < count; i++)
        {
            if (reached >= options.TopP * mass && i > 0)
            {
                return (i, reached);
            }

            reached += _sorted[i];
        }

        return (count, reached);
    }

    /// <summary>The k-th largest weight.</summary>
    private float SmallestOfLargest(int k)
    {
        var largest = new PriorityQueue<float, float>(k + 1);
        foreach (var weight in _weights.AsSpan(0, vocabularySize))
        {
            if (largest.Count < k)
            {
                largest.Enqueue(weight, weight);
            }
            else if (weight > largest.Peek())
            {
                largest.EnqueueDequeue(weight, weight);
            }
        }

        return largest.Peek();
    }

    /// <summary>The position at which the running sum exceeds a value; the last position with a weight above 0 if rounding leaves none.</summary>
    private static int InOrder(ReadOnlySpan<float> weights, double target)
    {
        double sum = 0;
        var last = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
            {
                sum += weights[i];
                last = i;
                if (sum > target)
                {
                    return i;
                }
            }
        }

        return last;
    }
}

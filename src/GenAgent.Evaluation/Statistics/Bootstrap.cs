using GenAgent.Seeds;
using MathNet.Numerics.Random;

namespace GenAgent.Evaluation.Statistics;

/// <summary>The bootstrap distribution of a statistic: its values on resamples of the data, drawn with replacement. Immutable.</summary>
public sealed class Bootstrap
{
    private readonly double[] _sorted;

    private Bootstrap(double estimate, double[] values)
    {
        Estimate = estimate;
        _sorted = values;
        Array.Sort(_sorted);
    }

    /// <summary>The statistic on the data themselves.</summary>
    public double Estimate { get; }

    /// <summary>The standard deviation of the resampled values (n - 1).</summary>
    public double StandardError
    {
        get
        {
            var mean = _sorted.Average();
            return Math.Sqrt(_sorted.Sum(v => (v - mean) * (v - mean)) / (_sorted.Length - 1));
        }
    }

    /// <summary>Resamples as given.</summary>
    /// <param name="data">The data, one value a unit that was drawn independently (a prompt, not an image).</param>
    /// <param name="statistic">What is estimated, for instance the mean.</param>
    /// <param name="resamples">The indices of each resample, at least two resamples.</param>
    /// <returns>The resampled statistics, sorted.</returns>
    public static Bootstrap Of<T>(IReadOnlyList<T> data, Func<IReadOnlyList<T>, double> statistic, IEnumerable<IReadOnlyList<int>> resamples)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(statistic);
        ArgumentNullException.ThrowIfNull(resamples);
        return new(statistic(data), [.. resamples.Select(indices => statistic([.. indices.Select(i => data[i])]))]);
    }

    /// <summary>Resamples at random within each stratum, and takes the mean of the strata's means.</summary>
    /// <param name="strata">One list a stratum (a category) with one value a unit (a prompt); none empty.</param>
    /// <param name="resamples">How many resamples.</param>
    /// <param name="seed">Where the draws come from.</param>
    /// <returns>The resampled means, sorted.</returns>
    public static Bootstrap OfMeans(IReadOnlyList<IReadOnlyList<double>> strata, int resamples, SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(strata);
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 2);
        var means = Draw([.. strata.Select(s => s.Count)], resamples, seed)
            .Select(draw => strata.Select((s, i) => draw[i].Sum(at => s[at]) / s.Count).Average());
        return new(strata.Average(s => s.Average()), [.. means]);
    }

    /// <summary>Resamples at random within each stratum, and takes the weighed mean of the strata's means.</summary>
    /// <param name="strata">One list a stratum with one value a unit; none empty.</param>
    /// <param name="weights">One weight a stratum, above 0.</param>
    /// <param name="resamples">How many resamples, 2 or more.</param>
    /// <param name="seed">Where the draws come from.</param>
    internal static Bootstrap OfWeighedMeans(IReadOnlyList<IReadOnlyList<double>> strata, IReadOnlyList<double> weights, int resamples, SeedPath seed)
    {
        var sum = weights.Sum();
        var means = Draw([.. strata.Select(s => s.Count)], resamples, seed)
            .Select(draw => strata.Select((s, i) => weights[i] / sum * draw[i].Sum(at => s[at]) / s.Count).Sum());
        return new(strata.Select((s, i) => weights[i] / sum * s.Average()).Sum(), [.. means]);
    }

    /// <summary>Resamples of units, drawn with replacement within each stratum: the units' numbers, stratum by stratum.</summary>
    /// <param name="units">How many units each stratum has, at least one.</param>
    /// <param name="resamples">How many resamples.</param>
    /// <param name="seed">Where the draws come from.</param>
    internal static IEnumerable<int[][]> Draw(IReadOnlyList<int> units, int resamples, SeedPath seed)
    {
        var random = new Xoshiro256StarStar(unchecked((int)seed.Value));
        for (var i = 0; i < resamples; i++)
            yield return [.. units.Select(count => Enumerable.Range(0, count).Select(_ => random.Next(count)).ToArray())];
    }

    /// <summary>The percentile interval.</summary>
    /// <param name="confidence">The share of intervals that hold the true value, in (0, 1).</param>
    /// <returns>Both ends.</returns>
    public Interval Percentile(double confidence = 0.95) => new(Quantile((1 - confidence) / 2), Quantile((1 + confidence) / 2));

    /// <summary>The basic (reverse percentile) interval.</summary>
    /// <param name="confidence">The share of intervals that hold the true value, in (0, 1).</param>
    /// <returns>Both ends; they may lie outside of the range of the values.</returns>
    public Interval Basic(double confidence = 0.95)
    {
        var (low, high) = Percentile(confidence);
        return new((2 * Estimate) - high, (2 * Estimate) - low);
    }

    /// <summary>The median of values, the mean of the middle two when they are even in number.</summary>
    /// <param name="values">One value or more, in any order.</param>
    /// <returns>The median.</returns>
    public static double Median(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Linear interpolation between order statistics.</summary>
    private double Quantile(double probability)
    {
        var position = probability * (_sorted.Length - 1);
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, _sorted.Length - 1);
        return _sorted[below] + ((position - below) * (_sorted[above] - _sorted[below]));
    }
}

using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace GenAgent.Evaluation.Statistics;

/// <summary>Two-sided tests of whether one sample lies higher than another. Exact where that is feasible, as in SciPy's automatic choice.</summary>
public static class LocationTests
{
    private const int LargestExactWilcoxon = 50;
    private const int LargestExactMannWhitney = 8;

    /// <summary>Student's test on paired values, at least two pairs.</summary>
    /// <exception cref="ArgumentException">The samples differ in length.</exception>
    public static HypothesisTest PairedT(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        var differences = Differences(first, second);
        var (mean, variance) = Moments(differences);
        var t = mean / Math.Sqrt(variance / differences.Length);
        return new(t, StudentP(t, differences.Length - 1));
    }

    /// <summary>Welch's test on two samples of unequal variance, at least two values each.</summary>
    public static HypothesisTest Welch(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var (meanA, varianceA) = Moments(first);
        var (meanB, varianceB) = Moments(second);
        var (a, b) = (varianceA / first.Count, varianceB / second.Count);
        var t = (meanA - meanB) / Math.Sqrt(a + b);
        return new(t, StudentP(t, (a + b) * (a + b) / ((a * a / (first.Count - 1)) + (b * b / (second.Count - 1)))));
    }

    /// <summary>Wilcoxon's signed-rank test on paired values; pairs without a difference are left out. The statistic is the smaller rank sum.</summary>
    /// <exception cref="ArgumentException">The samples differ in length.</exception>
    public static HypothesisTest Wilcoxon(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        var all = Differences(first, second);
        double[] differences = [.. all.Where(d => d != 0)];
        var n = differences.Length;
        var ranks = Ranks.Of([.. differences.Select(Math.Abs)]);
        var plus = differences.Zip(ranks.Values).Sum(p => p.First > 0 ? p.Second : 0);
        var total = n * (n + 1) / 2.0;
        var statistic = Math.Min(plus, total - plus);
        if (n <= LargestExactWilcoxon && !ranks.HasTies && n == all.Length)
            return new(statistic, Math.Min(1, 2 * CumulativeShare(SignedRankCounts(n), (int)statistic)));

        var deviation = Math.Sqrt(((n * (n + 1.0) * ((2 * n) + 1)) - (ranks.TieCorrection / 2)) / 24);
        return new(statistic, NormalP((plus - (total / 2)) / deviation));
    }

    /// <summary>The test of Mann and Whitney on two samples. The statistic is the first sample's U.</summary>
    public static HypothesisTest MannWhitney(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var (n, m) = (first.Count, second.Count);
        var ranks = Ranks.Of([.. first, .. second]);
        var u = ranks.Values.Take(n).Sum() - (n * (n + 1) / 2.0);
        var smaller = Math.Min(u, ((double)n * m) - u);
        if (Math.Min(n, m) <= LargestExactMannWhitney && !ranks.HasTies)
            return new(u, Math.Min(1, 2 * CumulativeShare(RankSumCounts(n, m), (int)smaller)));

        var all = n + m;
        var deviation = Math.Sqrt(n * (double)m / 12 * (all + 1 - (ranks.TieCorrection / (all * (all - 1.0)))));
        var z = ((n * (double)m / 2) - smaller - 0.5) / deviation;
        return new(u, Math.Min(1, SpecialFunctions.Erfc(z / Math.Sqrt(2))));
    }

    internal static double StudentP(double t, double freedom) => 2 * StudentT.CDF(0, 1, freedom, -Math.Abs(t));

    internal static double NormalP(double z) => SpecialFunctions.Erfc(Math.Abs(z) / Math.Sqrt(2));

    /// <summary>The share of all counts up to and including an index.</summary>
    internal static double CumulativeShare(double[] counts, int last) => counts.Take(last + 1).Sum() / counts.Sum();

    /// <summary>In how many ways signs give each sum of positive ranks.</summary>
    private static double[] SignedRankCounts(int n)
    {
        var counts = new double[(n * (n + 1) / 2) + 1];
        counts[0] = 1;
        for (var rank = 1; rank <= n; rank++)
        {
            for (var sum = counts.Length - 1; sum >= rank; sum--)
                counts[sum] += counts[sum - rank];
        }

        return counts;
    }

    /// <summary>In how many ways n ranks of n + m give each U: the Gaussian binomial coefficient.</summary>
    private static double[] RankSumCounts(int n, int m)
    {
        // [i, u]: ways to place i of the first sample's values so that U is u, as the second sample's values come one by one.
        var counts = new double[n + 1, (n * m) + 1];
        for (var i = 0; i <= n; i++)
            counts[i, 0] = 1;
        for (var j = 1; j <= m; j++)
        {
            for (var i = 1; i <= n; i++)
            {
                for (var u = i * j; u >= i; u--)
                    counts[i, u] = counts[i - 1, u] + counts[i, u - i];
                for (var u = i - 1; u >= 0; u--)
                    counts[i, u] = counts[i - 1, u];
            }
        }

        return [.. Enumerable.Range(0, (n * m) + 1).Select(u => counts[n, u])];
    }

    private static double[] Differences(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
            throw new ArgumentException($"Paired samples have equally many values, but got {first.Count} and {second.Count}.", nameof(second));
        return [.. first.Zip(second, (a, b) => a - b)];
    }

    private static (double Mean, double Variance) Moments(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return (mean, values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
    }
}

namespace GenAgent.Evaluation.Statistics;

/// <summary>Correlations of paired values, with two-sided p values against none.</summary>
public static class Correlation
{
    private const int LargestExactKendall = 33;

    /// <summary>Pearson's r, at least three pairs.</summary>
    /// <exception cref="ArgumentException">The samples differ in length.</exception>
    public static HypothesisTest Pearson(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        Check(first, second);
        var (meanA, meanB) = (first.Average(), second.Average());
        double product = 0, squaresA = 0, squaresB = 0;
        for (var i = 0; i < first.Count; i++)
        {
            var (a, b) = (first[i] - meanA, second[i] - meanB);
            (product, squaresA, squaresB) = (product + (a * b), squaresA + (a * a), squaresB + (b * b));
        }

        var r = Math.Clamp(product / Math.Sqrt(squaresA * squaresB), -1, 1);
        return new(r, LocationTests.StudentP(r * Math.Sqrt((first.Count - 2) / ((1 - r) * (1 + r))), first.Count - 2));
    }

    /// <summary>Spearman's rho: Pearson's r of the ranks.</summary>
    /// <exception cref="ArgumentException">The samples differ in length.</exception>
    public static HypothesisTest Spearman(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        Check(first, second);
        return Pearson(Ranks.Of(first).Values, Ranks.Of(second).Values);
    }

    /// <summary>Kendall's tau-b.</summary>
    /// <exception cref="ArgumentException">The samples differ in length.</exception>
    public static HypothesisTest Kendall(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        Check(first, second);
        var n = first.Count;
        long balance = 0, tiedFirst = 0, tiedSecond = 0, discordant = 0;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (first[i].CompareTo(first[j]), second[i].CompareTo(second[j]));
                balance += Math.Sign(a * b);
                discordant += a * b < 0 ? 1 : 0;
                tiedFirst += a == 0 ? 1 : 0;
                tiedSecond += b == 0 ? 1 : 0;
            }
        }

        var pairs = n * (n - 1L) / 2;
        var tau = balance / (Math.Sqrt(pairs - tiedFirst) * Math.Sqrt(pairs - tiedSecond));
        var rarer = Math.Min(discordant, pairs - discordant);
        return new(tau, tiedFirst + tiedSecond == 0 && (n <= LargestExactKendall || rarer <= 1) ? ExactP(n, rarer, pairs) : ApproximateP(first, second, balance));
    }

    /// <summary>From the number of permutations with each number of inversions.</summary>
    private static double ExactP(int n, long rarer, long pairs)
    {
        if (2 * rarer == pairs)
            return 1;
        var counts = new double[pairs + 1];
        counts[0] = 1;
        for (var i = 2; i <= n; i++)
        {
            // Shares rather than counts: factorials outgrow a double.
            var next = new double[pairs + 1];
            for (var k = 0; k <= pairs; k++)
            {
                for (var moved = 0; moved < i && moved <= k; moved++)
                    next[k] += counts[k - moved] / i;
            }

            counts = next;
        }

        return Math.Min(1, 2 * LocationTests.CumulativeShare(counts, (int)rarer));
    }

    private static double ApproximateP(IReadOnlyList<double> first, IReadOnlyList<double> second, long balance)
    {
        double n = first.Count;
        var (a, b) = (Ties(first), Ties(second));
        var pairs = n * (n - 1);
        var variance = (((pairs * ((2 * n) + 5)) - a.Fives - b.Fives) / 18)
            + (a.Pairs * b.Pairs / (2 * pairs))
            + (a.Triples * b.Triples / (9 * pairs * (n - 2)));
        return LocationTests.NormalP(balance / Math.Sqrt(variance));
    }

    private static (double Pairs, double Triples, double Fives) Ties(IReadOnlyList<double> values)
    {
        double[] groups = [.. values.CountBy(v => v).Select(g => (double)g.Value)];
        return (groups.Sum(t => t * (t - 1)), groups.Sum(t => t * (t - 1) * (t - 2)), groups.Sum(t => t * (t - 1) * ((2 * t) + 5)));
    }

    private static void Check(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
            throw new ArgumentException($"Paired samples have equally many values, but got {first.Count} and {second.Count}.", nameof(second));
    }
}

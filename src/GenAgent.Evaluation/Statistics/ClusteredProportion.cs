using GenAgent.Seeds;

namespace GenAgent.Evaluation.Statistics;

/// <summary>
/// The interval of a mean of success rates. Images of one prompt are alike, so prompts are the units: a bootstrap over prompts within each
/// category. Where there is one image a prompt in one category, and where no prompt differs from another (which a bootstrap takes for
/// certainty), Wilson's interval over the prompts stands instead.
/// </summary>
internal static class ClusteredProportion
{
    public const int Resamples = 10_000;

    public static SeedPath Seed { get; } = SeedPath.FromRoot(0).Child("bootstrap");

    /// <summary>The 95 % interval of a mean over prompts of any values: of gains and differences, which may be negative.</summary>
    /// <param name="values">One a prompt.</param>
    public static Interval OfMean(IReadOnlyList<double> values) => Bootstrap.OfMeans([values], Resamples, Seed).Percentile();

    /// <summary>The 95 % interval of the mean over categories of the mean over prompts.</summary>
    /// <param name="rates">One list a category, with one rate a prompt.</param>
    public static Interval Interval(IReadOnlyList<IReadOnlyList<double>> rates)
    {
        var all = rates.SelectMany(r => r).ToList();
        var single = rates.Count == 1 && all.TrueForAll(r => r is 0 or 1);
        return single || rates.All(r => r.Distinct().Count() == 1)
            ? ProportionInterval.Wilson(rates.Average(r => r.Average()) * all.Count, all.Count)
            : Bootstrap.OfMeans(rates, Resamples, Seed).Percentile();
    }

    /// <summary>The 95 % interval of a weighed mean over categories of the mean over prompts, where values reach up to <paramref name="highest"/>.</summary>
    /// <param name="values">One list a category, with one value a prompt.</param>
    /// <param name="weights">One weight a category, above 0.</param>
    /// <param name="highest">The highest value that a prompt can have.</param>
    public static Interval Interval(IReadOnlyList<IReadOnlyList<double>> values, IReadOnlyList<double> weights, double highest)
    {
        if (values.All(v => v.Distinct().Count() == 1) || (values.Count == 1 && values[0].All(v => v == 0 || v == highest)))
        {
            var mean = values.Zip(weights).Sum(v => v.First.Average() * v.Second) / weights.Sum();
            var all = values.Sum(v => v.Count);
            var wilson = ProportionInterval.Wilson(Math.Clamp(mean / highest, 0, 1) * all, all);
            return new(wilson.Low * highest, wilson.High * highest);
        }

        return Bootstrap.OfWeighedMeans(values, weights, Resamples, Seed).Percentile();
    }
}

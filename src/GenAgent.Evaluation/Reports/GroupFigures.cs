using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Reports;

/// <summary>The figures of some prompts together. Immutable.</summary>
/// <param name="Name">What they have in common.</param>
/// <param name="Prompts">How many prompts.</param>
/// <param name="Images">How many images.</param>
/// <param name="Success">Strict success: for several categories the mean over them, in [0, 1].</param>
/// <param name="Interval">Its 95 % interval.</param>
/// <param name="Share">Mean of the judge's values.</param>
/// <param name="PassAtK">Success when one of k images suffices, for k = 1, 2, ...; as many as every prompt has images.</param>
/// <param name="Errors">How often each kind of error occurred.</param>
/// <param name="Failures">Images that could not be made or judged; they count as failed.</param>
public sealed record GroupFigures(
    string Name, int Prompts, int Images, double Success, Interval Interval, double Share, IReadOnlyList<double> PassAtK,
    IReadOnlyDictionary<string, int> Errors, int Failures)
{
    internal static GroupFigures Of(string name, IReadOnlyList<IReadOnlyList<JudgedTask>> strata)
    {
        var prompts = strata.SelectMany(s => s).ToList();
        var samples = prompts.SelectMany(p => p.Samples).ToList();
        var rates = strata.Select(s => (IReadOnlyList<double>)[.. s.Select(p => p.Rate)]).ToList();
        var fewest = prompts.Min(p => p.Samples.Count);
        return new(
            name,
            prompts.Count,
            samples.Count,
            rates.Average(r => r.Average()),
            ClusteredProportion.Interval(rates),
            strata.Average(s => s.Average(p => p.Samples.Average(x => x.Share))),
            [.. Enumerable.Range(1, fewest)
                .Select(k => strata.Average(s => s.Average(p => Statistics.PassAtK.Estimate(p.Samples.Count, p.Samples.Count(x => x.Passed), k))))],
            samples.SelectMany(s => s.Errors).CountBy(e => e, StringComparer.Ordinal).ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal),
            samples.Count(s => s.Failure is not null));
    }
}

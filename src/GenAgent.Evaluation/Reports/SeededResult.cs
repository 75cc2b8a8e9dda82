using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Reports;

/// <summary>One way of training, evaluated once for each seed of the training, and its difference from another way over the same prompts. Immutable.</summary>
/// <param name="Name">The way's name.</param>
/// <param name="Seeds">Evaluations, one a seed.</param>
/// <param name="Prompts">Prompts of each.</param>
/// <param name="Success">Strict success over all seeds.</param>
/// <param name="Interval">Its 95 % interval, over prompts.</param>
/// <param name="Difference">Success minus that of the baseline, prompt by prompt and seed by seed; null for the baseline itself.</param>
/// <param name="DifferenceInterval">Its 95 % interval, over prompts.</param>
/// <param name="Reflection">Success of the answers minus that of the first images; null where not every image was judged.</param>
/// <param name="Rounds">Turns a run; null for a generator alone.</param>
/// <param name="Faulty">Share of runs with a fault; null for a generator alone.</param>
public sealed record SeededResult(
    string Name,
    int Seeds,
    int Prompts,
    double Success,
    Interval Interval,
    double? Difference,
    Interval? DifferenceInterval,
    double? Reflection,
    double? Rounds,
    double? Faulty)
{
    /// <summary>Reads the evaluations of a way of training.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="folders">The folder of the evaluation of each seed.</param>
    /// <param name="baseline">Those of the baseline; null for the baseline itself. A way without training has one folder.</param>
    /// <returns>Its figures.</returns>
    /// <exception cref="ArgumentException">There are no folders, or they differ in prompts.</exception>
    /// <exception cref="DirectoryNotFoundException">A folder holds no evaluation.</exception>
    public static SeededResult Of(string name, IReadOnlyList<string> folders, IReadOnlyList<string>? baseline)
    {
        ArgumentNullException.ThrowIfNull(folders);
        if (folders.Count == 0) throw new ArgumentException($"{name} was never evaluated.", nameof(folders));
        var runs = folders.Select(folder => EvaluationFolder.Load(folder).Samples).ToList();
        var samples = runs.SelectMany(run => run).ToList();
        var prompts = ByPrompt(runs);
        double[]? differences = baseline is null
            ? null
            : Differences(name, prompts, ByPrompt([.. baseline.Select(folder => EvaluationFolder.Load(folder).Samples)]));
        var ofAgents = samples.Where(sample => sample.Agent is not null).ToList();
        var isJudged = ofAgents.Count > 0 && !ofAgents.Exists(sample => sample.Attempts.Any(attempt => attempt.Passed is null));
        return new(
            name, folders.Count, prompts.Count, prompts.Values.Average(), ClusteredProportion.Interval([[.. prompts.Values]]),
            differences?.Average(),
            differences is null ? null : ClusteredProportion.OfMean(differences),
            isJudged ? ofAgents.Average(sample => (sample.Passed ? 1.0 : 0) - (sample.FirstPassed ? 1 : 0)) : null,
            ofAgents.Count > 0 ? ofAgents.Average(sample => (double)sample.Agent!.Rounds) : null,
            ofAgents.Count > 0 ? ofAgents.Average(sample => sample.Agent!.Faults.Count > 0 ? 1.0 : 0) : null);
    }

    private static SortedDictionary<string, double> ByPrompt(IReadOnlyList<IReadOnlyList<Sample>> runs) => new(
        runs.SelectMany(run => run).GroupBy(sample => sample.Prompt, StringComparer.Ordinal)
            .ToDictionary(prompt => prompt.Key, prompt => prompt.Average(sample => sample.Passed ? 1.0 : 0), StringComparer.Ordinal),
        StringComparer.Ordinal);

    private static double[] Differences(string name, SortedDictionary<string, double> prompts, SortedDictionary<string, double> others) =>
        prompts.Keys.SequenceEqual(others.Keys, StringComparer.Ordinal)
            ? [.. prompts.Select(prompt => prompt.Value - others[prompt.Key])]
            : throw new ArgumentException($"{name} was evaluated on other prompts than the baseline.", nameof(others));
}

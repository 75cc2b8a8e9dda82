using System.Text.Json.Serialization;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Reports;

/// <summary>Two evaluations over the same prompts and seeds, side by side. Immutable.</summary>
/// <param name="First">The first system.</param>
/// <param name="Second">The second system.</param>
/// <param name="Prompts">Prompts that both were given.</param>
/// <param name="FirstSuccess">The first's strict success over them.</param>
/// <param name="SecondSuccess">The second's.</param>
/// <param name="Difference">Second minus first.</param>
/// <param name="Interval">Its 95 % interval, over prompts.</param>
/// <param name="Images">McNemar's test on the pairs of images.</param>
public sealed record EvaluationComparison(
    string First, string Second, int Prompts, double FirstSuccess, double SecondSuccess, double Difference, Interval Interval, McNemar Images)
{
    /// <summary>Pairs of images that are left out, as a judgement of one of them failed.</summary>
    public int Failed { get; init; }

    /// <summary>The second's mean value minus the first's, on the benchmark's own scale: of graded benchmarks, the score's difference.</summary>
    public double ValueDifference { get; init; }

    /// <summary>Its 95 % interval, over prompts.</summary>
    public Interval ValueInterval { get; init; }

    /// <summary>The 95 % interval of the first's success, over prompts.</summary>
    [JsonIgnore]
    public Interval FirstInterval { get; init; }

    /// <summary>The 95 % interval of the second's success, over prompts.</summary>
    [JsonIgnore]
    public Interval SecondInterval { get; init; }

    /// <summary>Compares what two evaluations' folders hold.</summary>
    /// <param name="firstFolder">The evaluation that is compared with.</param>
    /// <param name="secondFolder">The evaluation that may be better.</param>
    /// <returns>The difference prompt by prompt, with its 95 % interval.</returns>
    /// <exception cref="ArgumentException">They have no prompt in common, or differ in benchmark, seed, images a prompt or judge.</exception>
    /// <exception cref="DirectoryNotFoundException">A folder holds no evaluation.</exception>
    public static EvaluationComparison Of(string firstFolder, string secondFolder)
    {
        var (firstManifest, first, firstSamples) = EvaluationFolder.Load(firstFolder);
        var (secondManifest, second, secondSamples) = EvaluationFolder.Load(secondFolder);
        if (firstManifest.RootSeed != secondManifest.RootSeed
            || first with { System = second.System, Categories = second.Categories, PromptsPerCategory = second.PromptsPerCategory } != second)
            throw new ArgumentException(
                $"{firstFolder} and {secondFolder} differ in benchmark, prompts, seed, images a prompt or judge: they cannot be compared image by image.",
                nameof(secondFolder));

        var both = firstSamples.Join(secondSamples, s => (s.Prompt, s.Index), s => (s.Prompt, s.Index), (one, other) => (First: one, Second: other)).ToList();
        var pairs = both.Where(p => !p.First.JudgementFailed && !p.Second.JudgementFailed).ToList();
        if (pairs.Count == 0)
            throw new ArgumentException($"{firstFolder} and {secondFolder} have no judged prompt in common.", nameof(secondFolder));

        var byPrompt = pairs.GroupBy(p => p.First.Prompt, StringComparer.Ordinal).ToList();
        var prompts = byPrompt.Select(g => (First: g.Average(p => p.First.Passed ? 1.0 : 0), Second: g.Average(p => p.Second.Passed ? 1.0 : 0))).ToList();
        double[] values = [.. byPrompt.Select(g => g.Average(p => p.Second.Share - p.First.Share))];
        double[] differences = [.. prompts.Select(p => p.Second - p.First)];
        return new(
            first.System, second.System, prompts.Count, prompts.Average(p => p.First), prompts.Average(p => p.Second), differences.Average(),
            ClusteredProportion.OfMean(differences),
            McNemar.Of([.. pairs.Select(p => p.First.Passed)], [.. pairs.Select(p => p.Second.Passed)]))
        {
            Failed = both.Count - pairs.Count,
            ValueDifference = values.Average(),
            ValueInterval = ClusteredProportion.OfMean(values),
            FirstInterval = ClusteredProportion.Interval([[.. prompts.Select(p => p.First)]]),
            SecondInterval = ClusteredProportion.Interval([[.. prompts.Select(p => p.Second)]]),
        };
    }
}

using System.Text.Json;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Statistics;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Benchmarks;

/// <summary>The outcome of an evaluation on the miniature benchmark, in the layout that <c>eval micro</c> writes. Immutable.</summary>
/// <param name="System">What was evaluated.</param>
/// <param name="Split">Which prompts.</param>
/// <param name="Groups">The categories and domains, in the benchmark's order.</param>
/// <param name="Categories">GenEval++'s categories together: the mean over them; null when none was evaluated.</param>
/// <param name="Knowledge">The domains of knowledge together; null when none was evaluated.</param>
/// <param name="ByObjects">All images by the number of objects that were asked for.</param>
public sealed record MicroReport(
    string System, string Split, IReadOnlyList<MicroGroup> Groups, MicroGroup? Categories, MicroGroup? Knowledge, IReadOnlyList<MicroGroup> ByObjects)
{
    /// <summary>Statistics of the agent; null without an agent.</summary>
    public AgentReport? Agent { get; init; }

    /// <summary>The report as <c>report.json</c> holds it.</summary>
    /// <returns>JSON, indented.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, VerdictNotes.IndentedJson);

    /// <summary>A report on <see cref="MiniatureBenchmark"/> in this layout.</summary>
    /// <param name="report">The figures.</param>
    /// <returns>The report in the miniature benchmark's own layout.</returns>
    public static MicroReport Of(EvaluationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new(
            report.System, report.Variant, [.. report.Groups.Select(MicroGroup.Of)], Summary(MiniatureBenchmark.CategoriesMean),
            Summary(MiniatureBenchmark.KnowledgeMean),
            [.. report.ByDifficulty.Select(MicroGroup.Of)])
        {
            Agent = report.Agent,
        };

        MicroGroup? Summary(string name) =>
            report.Summaries.FirstOrDefault(g => string.Equals(g.Name, name, StringComparison.Ordinal)) is { } group ? MicroGroup.Of(group) : null;
    }
}

/// <summary>The figures of some prompts together; see <see cref="GroupFigures"/>. Immutable.</summary>
/// <param name="Name">What they have in common.</param>
/// <param name="Prompts">How many prompts.</param>
/// <param name="Images">How many images.</param>
/// <param name="Success">Strict success: for several categories the mean over them, in [0, 1].</param>
/// <param name="Interval">Its 95 % interval.</param>
/// <param name="Share">Mean share of constraints met.</param>
/// <param name="PassAtK">Success if at least one of k images is right, for k = 1, 2, ... up to the smallest number of images per prompt.</param>
/// <param name="Errors">How often each kind of error occurred.</param>
/// <param name="Failures">Images that could not be made or read; they count as failed.</param>
public sealed record MicroGroup(
    string Name, int Prompts, int Images, double Success, Interval Interval, double Share, IReadOnlyList<double> PassAtK,
    IReadOnlyDictionary<ErrorKind, int> Errors, int Failures)
{
    internal static MicroGroup Of(GroupFigures group) => new(
        group.Name, group.Prompts, group.Images, group.Success, group.Interval, group.Share, group.PassAtK,
        group.Errors.Select(e => (Kind: Enum.Parse<ErrorKind>(e.Key, ignoreCase: true), Count: e.Value)).OrderBy(e => e.Kind)
            .ToDictionary(e => e.Kind, e => e.Count),
        group.Failures);
}

using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Judging;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Benchmarks;

/// <summary>
/// The miniature world as a benchmark: the shipped prompts of a split (<see cref="MicroBenchmark"/>), judged off the pixels. Immutable; safe to use from
/// many tasks.
/// </summary>
/// <param name="split">Which prompts.</param>
public sealed class MiniatureBenchmark(PromptSplit split = PromptSplit.Test) : IBenchmark
{
    /// <summary>The name of the mean over GenEval++'s categories.</summary>
    public const string CategoriesMean = "mean of categories";

    /// <summary>The name of the mean over the domains of knowledge.</summary>
    public const string KnowledgeMean = "mean of knowledge";

    /// <inheritdoc/>
    public string Name => "micro";

    /// <inheritdoc/>
    public string Title => "the miniature benchmark";

    /// <inheritdoc/>
    public string Variant => split.ToString();

    /// <inheritdoc/>
    public IReadOnlyList<BenchmarkTask> Tasks { get; } = [.. MicroBenchmark.Load(split).Select(TaskOf)];

    /// <inheritdoc/>
    public IReadOnlyList<BenchmarkSummary> Summaries { get; } = [new(CategoriesMean, PromptTags.Categories), new(KnowledgeMean, PromptTags.KnowledgeDomains)];

    /// <inheritdoc/>
    public string DifficultyUnit => "object";

    /// <inheritdoc/>
    public IJudge ExactJudge { get; } = new MicroVerifier();

    /// <inheritdoc/>
    public string SuccessRule => "Success is strict: every object right in class, colour, number and place, and nothing else.";

    /// <inheritdoc/>
    public IReadOnlyList<string> ErrorKinds => VerdictNotes.ErrorKinds;

    /// <inheritdoc/>
    public IReadOnlyList<ImageMark> Marks(Sample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return [.. sample.Objects.Select(VerdictNotes.Mark)];
    }

    /// <inheritdoc/>
    public string ReportJson(EvaluationReport report) => MicroReport.Of(report).ToJson();

    private static BenchmarkTask TaskOf(MicroPrompt prompt) => new(prompt.Id, prompt.Tag, prompt.Prompt)
    {
        Constraints = prompt.Constraints,
        Difficulty = prompt.Include.Sum(c => c.Count),
        NeedsKnowledge = prompt.Facts is not null,
    };
}

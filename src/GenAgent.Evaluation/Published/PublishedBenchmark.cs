using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Scoring;

namespace GenAgent.Evaluation.Published;

/// <summary>A benchmark that a model judges. Immutable; safe to use from many tasks.</summary>
internal sealed class PublishedBenchmark : IBenchmark
{
    public required string Name { get; init; }

    public required string Title { get; init; }

    public required string Variant { get; init; }

    public required IReadOnlyList<BenchmarkTask> Tasks { get; init; }

    public required IReplyFormat Format { get; init; }

    public required ScoringRule Scoring { get; init; }

    public string? OfficialJudge { get; init; }

    public IReadOnlyList<PublishedScore> Published { get; init; } = [];

    public IReadOnlyList<BenchmarkSummary> Summaries { get; init; } = [];

    public string DifficultyUnit { get; init; } = "thing";

    public required string SuccessRule { get; init; }
}

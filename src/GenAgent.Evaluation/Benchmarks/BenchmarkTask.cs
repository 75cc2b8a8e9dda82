using GenAgent.Judging;

namespace GenAgent.Evaluation.Benchmarks;

/// <summary>One prompt of a benchmark, with what a judge needs to know of it. Immutable.</summary>
/// <param name="Id">Unique within its benchmark, as <c>test/counting/007</c>.</param>
/// <param name="Category">The stratum that its score counts in.</param>
/// <param name="Prompt">What a user would write; all that a system is given.</param>
public sealed record BenchmarkTask(string Id, string Category, string Prompt)
{
    /// <summary>The prompt's meaning in machine-readable form; null where the benchmark has none.</summary>
    public PromptConstraints? Constraints { get; init; }

    /// <summary>What the image should show, in words; null where the benchmark has none.</summary>
    public string? Reference { get; init; }

    /// <summary>Questions about the image; empty where the benchmark has none.</summary>
    public IReadOnlyList<ImageQuestion> Questions { get; init; } = [];

    /// <summary>How much the prompt asks for, in <see cref="IBenchmark.DifficultyUnit"/>s; null where nobody counted.</summary>
    public int? Difficulty { get; init; }

    /// <summary>Whether one must know something of the world that the prompt does not say.</summary>
    public bool NeedsKnowledge { get; init; }

    /// <summary>Whether the prompt asks for what cannot be shown: declining is right, and any image is wrong.</summary>
    public bool MustDecline { get; init; }
}

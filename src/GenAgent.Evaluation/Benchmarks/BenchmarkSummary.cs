namespace GenAgent.Evaluation.Benchmarks;

/// <summary>Categories whose figures are averaged.</summary>
/// <param name="Name">What stands in the table, as <c>mean of categories</c>.</param>
/// <param name="Categories">The categories, in the table's order.</param>
public sealed record BenchmarkSummary(string Name, IReadOnlyList<string> Categories)
{
    /// <summary>Whether every prompt weighs the same; otherwise every category does.</summary>
    public bool WeighsPrompts { get; init; }
}

namespace GenAgent.Evaluation.Benchmarks;

/// <summary>Categories whose figures are averaged, each with the same weight.</summary>
/// <param name="Name">What stands in the table, as <c>mean of categories</c>.</param>
/// <param name="Categories">The categories, in the table's order.</param>
public sealed record BenchmarkSummary(string Name, IReadOnlyList<string> Categories);

namespace GenAgent.Evaluation.Benchmarks;

/// <summary>A figure that somebody else published.</summary>
/// <param name="System">Whose, as its authors call it.</param>
/// <param name="Overall">The overall score, on the benchmark's scale.</param>
/// <param name="Columns">The columns in the order of the scoring rule; empty where only the overall score was published.</param>
public sealed record PublishedScore(string System, double Overall, IReadOnlyList<double> Columns)
{
    /// <summary>A figure without columns.</summary>
    /// <param name="system">Who was measured.</param>
    /// <param name="overall">The published figure.</param>
    public PublishedScore(string system, double overall)
        : this(system, overall, [])
    {
    }
}

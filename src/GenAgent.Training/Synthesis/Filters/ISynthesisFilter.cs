namespace GenAgent.Training.Synthesis.Filters;

/// <summary>Decides whether a trajectory may be learned from. Filters are asked one trajectory at a time, in the order of their indices.</summary>
public interface ISynthesisFilter
{
    /// <summary>What it is called in reports, as <c>format</c>.</summary>
    string Name { get; }

    /// <summary>Why the trajectory is dropped, in words; null to keep it.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The reason, or null.</returns>
    ValueTask<string?> CheckAsync(SynthesisSample sample, CancellationToken cancellationToken = default);
}

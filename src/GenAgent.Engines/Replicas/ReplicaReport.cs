namespace GenAgent.Engines.Replicas;

/// <summary>What a trial request to a replica has shown. Immutable.</summary>
/// <param name="Address">The replica's address.</param>
/// <param name="Fault">Why it cannot be used; null if it can.</param>
public sealed record ReplicaReport(Uri Address, string? Fault)
{
    /// <summary>The version of its weights; null if it does not tell.</summary>
    public string? Version { get; init; }

    /// <summary>What it reports as log-probabilities; null if unknown.</summary>
    public string? LogProbs { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Address.AbsoluteUri.TrimEnd('/')}: {Fault ?? $"weights {Version ?? "of unknown version"}, log-probabilities {LogProbs}"}";
}

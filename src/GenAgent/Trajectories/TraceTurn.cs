namespace GenAgent.Trajectories;

/// <summary>The part of a token trace that one turn of the model sampled. Immutable.</summary>
/// <param name="Start">The index of its first token.</param>
/// <param name="Count">How many tokens it has.</param>
public sealed record TraceTurn(int Start, int Count)
{
    /// <summary>
    /// The version of the weights that sampled it; several, oldest first and separated by commas, if they changed within the turn; null if the backend does
    /// not report it.
    /// </summary>
    public string? PolicyVersion { get; init; }

    /// <summary>The sampling settings; null if unknown.</summary>
    public TraceSampling? Sampling { get; init; }
}

/// <summary>Sampling settings. Null members mean the backend's default. Immutable.</summary>
public sealed record TraceSampling
{
    /// <summary>The temperature; 0 takes the likeliest token.</summary>
    public double? Temperature { get; init; }

    /// <summary>Nucleus sampling, in (0, 1]; 1 for none.</summary>
    public double? TopP { get; init; }

    /// <summary>Only so many of the likeliest tokens; 0 for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Only tokens of at least this share of the likeliest one's probability; 0 for all.</summary>
    public double? MinP { get; init; }

    /// <summary>The repetition penalty, which divides the logits of earlier tokens; 1 for none.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>The seed of the turn.</summary>
    public long? Seed { get; init; }
}

namespace GenAgent.Trajectories;

/// <summary>The part of a token trace that one turn of the model sampled. Immutable.</summary>
/// <param name="Start">The index of its first token.</param>
/// <param name="Count">How many tokens it has.</param>
public sealed record TraceTurn(int Start, int Count)
{
    /// <summary>The version of the weights that sampled it; null where the backend does not tell.</summary>
    public string? PolicyVersion { get; init; }

    /// <summary>How it was sampled; null where nobody knows.</summary>
    public TraceSampling? Sampling { get; init; }
}

/// <summary>How tokens were sampled. What is null was the backend's own default. Immutable.</summary>
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

    /// <summary>What the logits of tokens that stand there already are divided by; 1 for none.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>The seed of the turn.</summary>
    public long? Seed { get; init; }
}

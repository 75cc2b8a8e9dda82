namespace GenAgent.Torch.Generation;

/// <summary>What an engine has done so far, and what it is doing.</summary>
public sealed record EngineStatistics
{
    /// <summary>Steps computed.</summary>
    public long Steps { get; init; }

    /// <summary>Prompt tokens computed.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Prompt tokens that were in the cache already, and so were not computed.</summary>
    public long ReusedTokens { get; init; }

    /// <summary>Tokens sampled.</summary>
    public long GeneratedTokens { get; init; }

    /// <summary>Images that went through the vision tower.</summary>
    public long EncodedImages { get; init; }

    /// <summary>Number of preemptions: a sequence gave up its cache for an older one and is recomputed later.</summary>
    public long Preemptions { get; init; }

    /// <summary>Requests being computed.</summary>
    public int Running { get; init; }

    /// <summary>Requests that wait for their turn.</summary>
    public int Waiting { get; init; }

    /// <summary>Tokens that the cache can hold.</summary>
    public long CacheTokens { get; init; }

    /// <summary>Tokens' worth of cache that no running request holds.</summary>
    public long FreeCacheTokens { get; init; }
}

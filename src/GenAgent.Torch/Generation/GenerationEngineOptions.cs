namespace GenAgent.Torch.Generation;

/// <summary>What the engine's weights are rounded to while it generates.</summary>
public enum WeightPrecision
{
    /// <summary>The model's own type.</summary>
    AsModel,

    /// <summary>fp32.</summary>
    FP32,

    /// <summary>bf16: half as much memory to read per token.</summary>
    BF16,
}

/// <summary>What computes the steps.</summary>
public enum DecoderKind
{
    /// <summary><see cref="Vector"/> for a model on a CPU, <see cref="Torch"/> elsewhere.</summary>
    Auto,

    /// <summary>Vector instructions on the CPU: by far the fastest there, with the same bits in any batch.</summary>
    Vector,

    /// <summary>libtorch, on any device.</summary>
    Torch,
}

/// <summary>How a <see cref="GenerationEngine"/> runs.</summary>
public sealed record GenerationEngineOptions
{
    /// <summary>Memory for keys and values, in bytes. Unused pages cost nothing.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>Most requests that are computed at a time, 1 or more; others wait their turn.</summary>
    public int MaxConcurrentRequests { get; init; } = 64;

    /// <summary>
    /// About how many prompt tokens a step reads beside the tokens that it generates, 1 or more: higher is faster, lower delays running requests less.
    /// </summary>
    public int PromptTokensPerStep { get; init; } = 256;

    /// <summary>Memory for cached image features, in bytes.</summary>
    public long ImageFeatureBytes { get; init; } = 256L << 20;

    /// <summary>What the weights are rounded to.</summary>
    public WeightPrecision Weights { get; init; }

    /// <summary>What computes the steps.</summary>
    public DecoderKind Decoder { get; init; }

    /// <summary>Number of compute threads; 0 for one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>Root seed for requests without a seed.</summary>
    public ulong Seed { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal void Validate()
    {
        Require(CacheBytes >= 1, nameof(CacheBytes), CacheBytes, "1 or more");
        Require(MaxConcurrentRequests >= 1, nameof(MaxConcurrentRequests), MaxConcurrentRequests, "1 or more");
        Require(PromptTokensPerStep >= 1, nameof(PromptTokensPerStep), PromptTokensPerStep, "1 or more");
        Require(ImageFeatureBytes >= 0, nameof(ImageFeatureBytes), ImageFeatureBytes, "0 or more");
        Require(Threads is >= 0 and <= 1024, nameof(Threads), Threads, "0 to 1024");
    }

    private static void Require(bool holds, string name, long value, string range)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{nameof(GenerationEngineOptions)}.{name} is {value}, but must be {range}."), name);
        }
    }
}

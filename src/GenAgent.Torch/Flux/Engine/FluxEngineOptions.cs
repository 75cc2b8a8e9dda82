namespace GenAgent.Torch.Flux.Engine;

/// <summary>How a <see cref="FluxImageEngine"/> works.</summary>
public sealed record FluxEngineOptions
{
    /// <summary>The most images that are denoised together, 1 or more.</summary>
    public int MaxBatch { get; init; } = 8;

    /// <summary>The longest time that a request waits to be batched with others.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Where to compute: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>; null for a GPU where there is one.</summary>
    public string? Device { get; init; }

    /// <summary>
    /// <c>float32</c>, <c>bfloat16</c> or <c>float16</c>; null for the checkpoint's own where the device multiplies it faster than float32: a GPU, or
    /// bfloat16 on a CPU with AVX512_BF16 or AMX.
    /// </summary>
    public string? Dtype { get; init; }

    /// <summary>
    /// Memory for weights in bytes; if the parts together need more, text encoders, transformer and autoencoder are loaded one after the other. Null for no
    /// limit.
    /// </summary>
    public long? MemoryBudget { get; init; }

    /// <summary>Number of prompts whose features are cached, 0 or more.</summary>
    public int CachedPrompts { get; init; } = 256;

    /// <summary>Tokens of a prompt that T5 reads, 1 or more; null for what the tokenizer's config says, at most 512.</summary>
    public int? MaxSequenceLength { get; init; }

    /// <summary>Default number of steps; null for the model folder's recommendation, else 28, or 4 if the model has no guidance embedding.</summary>
    public int? DefaultSteps { get; init; }

    /// <summary>
    /// Default guidance scale; null for the model folder's recommendation, else 3.5. A model without guidance embedding ignores it,
    /// unless its folder recommends one (then it is classifier-free).
    /// </summary>
    public double? DefaultGuidanceScale { get; init; }

    /// <summary>
    /// Default side of an image in pixels; null for the model folder's recommendation, else the size that the autoencoder was trained at.
    /// </summary>
    public int? DefaultSide { get; init; }

    /// <summary>Default strength: the share of an input image that may change, in (0, 1].</summary>
    public double DefaultStrength { get; init; } = 0.6;

    /// <summary>The most pixels of an image.</summary>
    public long MaxPixels { get; init; } = 4096 * 4096;

    /// <summary>
    /// The most pixels of a reference image of a model for less than 1024 x 1024; larger ones are made smaller. A full model's references are scaled to the
    /// size nearest in shape that FLUX.1 Kontext was trained with.
    /// </summary>
    public long MaxReferencePixels { get; init; } = 1024 * 1024;

    /// <summary>Images with a longer side than this, in pixels, are decoded in tiles of this side.</summary>
    public int TileSide { get; init; } = 1536;

    /// <summary>The problems with the values, one sentence each; empty if there are none.</summary>
    /// <returns>A sentence for each problem; empty for none.</returns>
    public IEnumerable<string> Faults()
    {
        if (MaxBatch < 1) yield return $"\"MaxBatch\" is {MaxBatch}; it must be 1 or more.";
        if (MaxWait < TimeSpan.Zero || MaxWait > TimeSpan.FromMinutes(1)) yield return $"\"MaxWait\" is {MaxWait}; it must be 0 to 1 minute.";
        if (MemoryBudget is < 1) yield return $"\"MemoryBudget\" is {MemoryBudget}; it must be above 0 bytes.";
        if (CachedPrompts < 0) yield return $"\"CachedPrompts\" is {CachedPrompts}; it must be 0 or more.";
        if (MaxSequenceLength is < 2) yield return $"\"MaxSequenceLength\" is {MaxSequenceLength}; it must be 2 or more.";
        if (DefaultSteps is < 1) yield return $"\"DefaultSteps\" is {DefaultSteps}; it must be 1 or more.";
        if (DefaultGuidanceScale is < 0) yield return $"\"DefaultGuidanceScale\" is {DefaultGuidanceScale}; it must be 0 or more.";
        if (DefaultSide is < 1) yield return $"\"DefaultSide\" is {DefaultSide}; it must be 1 or more.";
        if (DefaultStrength is not (> 0 and <= 1)) yield return $"\"DefaultStrength\" is {DefaultStrength}; it must be above 0 and at most 1.";
        if (MaxPixels < 1 || MaxReferencePixels < 1) yield return "\"MaxPixels\" and \"MaxReferencePixels\" must be 1 or more.";
        if (TileSide < 64) yield return $"\"TileSide\" is {TileSide}; it must be 64 or more.";
        if (Dtype is not (null or "float32" or "bfloat16" or "float16"))
        {
            yield return $"\"Dtype\" is \"{Dtype}\"; use \"float32\", \"bfloat16\" or \"float16\".";
        }
    }
}

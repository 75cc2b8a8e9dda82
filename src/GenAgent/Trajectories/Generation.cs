namespace GenAgent.Trajectories;

/// <summary>What a generator was asked for: with an image's seed, all that is needed to make that image again.</summary>
/// <param name="Prompt">The prompt that the generator was given.</param>
public sealed record Generation(string Prompt)
{
    /// <summary>What the image should not show; null for nothing in particular.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>Pixels; null for the generator's own default.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels; null for the generator's own default.</summary>
    public int? Height { get; init; }

    /// <summary>Denoising steps; null for the generator's own default.</summary>
    public int? Steps { get; init; }

    /// <summary>Guidance scale; null for the generator's own default.</summary>
    public double? GuidanceScale { get; init; }
}

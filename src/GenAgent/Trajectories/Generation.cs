namespace GenAgent.Trajectories;

/// <summary>A generator's request: together with an image's seed, everything needed to reproduce that image.</summary>
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

    /// <summary>The image that was edited: an <see cref="ImageReference.Id"/> of the trajectory; null for an image that was not edited.</summary>
    public string? Edited { get; init; }

    /// <summary>How far an original image might be changed, in [0, 1]; null for the generator's own default.</summary>
    public double? Strength { get; init; }

    /// <summary>The model that the generator was to paint with; null for its own default.</summary>
    public string? Model { get; init; }

    /// <summary>The media type that was asked for; null for the generator's own default.</summary>
    public string? MediaType { get; init; }

    /// <summary>
    /// Other options of the generator by key, as invariant text; null for none. A null value was an object that cannot be serialized: the image cannot be
    /// reproduced.
    /// </summary>
    public IReadOnlyDictionary<string, string?>? Settings { get; init; }
}

using GenAgent.Generators;
using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Flux.Engine;

/// <summary>A LoRA to paint with.</summary>
/// <param name="Path">The file.</param>
/// <param name="Strength">1 for as it was trained; may be below 0.</param>
public sealed record FluxLora(string Path, double Strength = 1);

/// <summary>A request for one image. Null members take the engine's defaults.</summary>
public sealed record FluxImageRequest
{
    /// <summary>What the image shall show; may be empty.</summary>
    public required string Prompt { get; init; }

    /// <summary>What it shall not show; needs <see cref="TrueCfgScale"/> above 1.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>The seed of the image's noise.</summary>
    public required long Seed { get; init; }

    /// <summary>Width in pixels; rounded to what the model can paint.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels; rounded to what the model can paint.</summary>
    public int? Height { get; init; }

    /// <summary>Denoising steps, 1 or more.</summary>
    public int? Steps { get; init; }

    /// <summary>
    /// Guidance scale: distilled where the model embeds it; classifier-free where its folder recommends a scale; else ignored, with a warning.
    /// </summary>
    public double? GuidanceScale { get; init; }

    /// <summary>Scale of classifier-free guidance, in addition to the distilled guidance; has an effect above 1, and doubles the work.</summary>
    public double? TrueCfgScale { get; init; }

    /// <summary>The image that is changed, resized to the size asked for; null for none.</summary>
    public RgbImage? Start { get; init; }

    /// <summary>How far <see cref="Start"/> may be changed, above 0 and at most 1.</summary>
    public double? Strength { get; init; }

    /// <summary>An image that the model looks at, for models trained for it (FLUX.1 Kontext); null for none.</summary>
    public RgbImage? Reference { get; init; }

    /// <summary>LoRAs to paint with.</summary>
    public IReadOnlyList<FluxLora> Loras { get; init; } = [];

    /// <summary>Number of previews that <see cref="Progress"/> receives, 0 or more.</summary>
    public int Previews { get; init; }

    /// <summary>Receives every step, on the engine's thread.</summary>
    public IProgress<ImageProgress>? Progress { get; init; }
}

/// <summary>A painted image.</summary>
/// <param name="Pixels">The image.</param>
/// <param name="Seed">The seed of its noise.</param>
/// <param name="Warnings">Sentences about what was done differently from the request.</param>
public sealed record FluxImage(RgbImage Pixels, long Seed, IReadOnlyList<string> Warnings);

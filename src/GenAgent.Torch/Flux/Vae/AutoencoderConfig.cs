using System.Text.Json.Serialization;

namespace GenAgent.Torch.Flux.Vae;

/// <summary>The shape of an <see cref="AutoencoderKL"/>, as <c>vae/config.json</c> of a diffusers folder says it.</summary>
public sealed record AutoencoderConfig : IModelConfig
{
    /// <summary>The class that diffusers builds from this file.</summary>
    [JsonPropertyName("_class_name")]
    public string ClassName { get; init; } = "AutoencoderKL";

    /// <summary>Channels of the image, 3 for RGB.</summary>
    [JsonPropertyName("in_channels")]
    public int InChannels { get; init; } = 3;

    /// <summary>Channels of the decoded image, 3 for RGB.</summary>
    [JsonPropertyName("out_channels")]
    public int OutChannels { get; init; } = 3;

    /// <summary>Channels of a latent; 16 in FLUX.1.</summary>
    [JsonPropertyName("latent_channels")]
    public int LatentChannels { get; init; } = 16;

    /// <summary>Width of each resolution, from the image inwards; each but the last halves the size.</summary>
    [JsonPropertyName("block_out_channels")]
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [128, 256, 512, 512];

    /// <summary>Residual blocks a resolution in the encoder; the decoder has one more.</summary>
    [JsonPropertyName("layers_per_block")]
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>Groups of each GroupNorm; must divide every width.</summary>
    [JsonPropertyName("norm_num_groups")]
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Whether the innermost resolution attends over its pixels.</summary>
    [JsonPropertyName("mid_block_add_attention")]
    public bool MidBlockAddAttention { get; init; } = true;

    /// <summary>Whether a 1x1 convolution follows the encoder; FLUX.1 has none.</summary>
    [JsonPropertyName("use_quant_conv")]
    public bool UseQuantConv { get; init; } = true;

    /// <summary>Whether a 1x1 convolution precedes the decoder; FLUX.1 has none.</summary>
    [JsonPropertyName("use_post_quant_conv")]
    public bool UsePostQuantConv { get; init; } = true;

    /// <summary>The transformer's latents are <c>(z - ShiftFactor) * ScalingFactor</c>.</summary>
    [JsonPropertyName("scaling_factor")]
    public double ScalingFactor { get; init; } = 0.18215;

    /// <summary>See <see cref="ScalingFactor"/>; null counts as 0.</summary>
    [JsonPropertyName("shift_factor")]
    public double? ShiftFactor { get; init; }

    /// <summary>Only <c>silu</c> is known.</summary>
    [JsonPropertyName("act_fn")]
    public string ActFn { get; init; } = "silu";

    /// <summary>The image size that the model was trained at, in pixels; tiles of a tiled decode are this large.</summary>
    [JsonPropertyName("sample_size")]
    public int SampleSize { get; init; } = 1024;

    /// <summary>Kinds of the encoder's blocks, written for other readers; only <c>DownEncoderBlock2D</c> is known.</summary>
    [JsonPropertyName("down_block_types")]
    public IReadOnlyList<string>? DownBlockTypes { get; init; }

    /// <summary>Kinds of the decoder's blocks, written for other readers; only <c>UpDecoderBlock2D</c> is known.</summary>
    [JsonPropertyName("up_block_types")]
    public IReadOnlyList<string>? UpBlockTypes { get; init; }

    /// <summary>Pixels a latent, in each direction: 8 in FLUX.1.</summary>
    [JsonIgnore]
    public int Downscale => 1 << (BlockOutChannels.Count - 1);

    /// <summary>The problems with the values, one sentence each; empty if the model can be built.</summary>
    /// <returns>A sentence for each problem; empty for none.</returns>
    public IEnumerable<string> Faults()
    {
        if (BlockOutChannels.Count is 0 or > 16) yield return $"\"block_out_channels\" has {BlockOutChannels.Count} widths; it needs 1 to 16.";
        foreach (var width in BlockOutChannels.Where(width => width <= 0 || NormNumGroups <= 0 || width % NormNumGroups != 0).Distinct())
            yield return $"\"norm_num_groups\" is {NormNumGroups}, which does not divide the width {width} of \"block_out_channels\".";
        if (LayersPerBlock is < 1 or > IModelConfig.MostLayers)
        {
            yield return $"\"layers_per_block\" is {LayersPerBlock}; it must be 1 to {IModelConfig.MostLayers}.";
        }
        if (InChannels < 1 || OutChannels < 1 || LatentChannels < 1)
        {
            yield return "\"in_channels\", \"out_channels\" and \"latent_channels\" must be 1 or more.";
        }
        if (ScalingFactor == 0) yield return "\"scaling_factor\" is 0; latents could not be scaled back.";
        if (ActFn is not ("silu" or "swish")) yield return $"\"act_fn\" is \"{ActFn}\"; only \"silu\" is known.";
        foreach (var kind in (DownBlockTypes ?? [])
            .Where(kind => kind is not "DownEncoderBlock2D")
            .Concat((UpBlockTypes ?? []).Where(kind => kind is not "UpDecoderBlock2D"))
            .Distinct(StringComparer.Ordinal))
            yield return $"Block type \"{kind}\" is not known; FLUX.1 uses DownEncoderBlock2D and UpDecoderBlock2D.";
    }
}

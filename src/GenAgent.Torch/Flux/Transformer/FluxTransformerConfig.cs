using System.Text.Json.Serialization;

namespace GenAgent.Torch.Flux.Transformer;

/// <summary>The shape of a <see cref="FluxTransformer"/>, as <c>transformer/config.json</c> of a diffusers folder says it. Defaults are FLUX.1-dev's.</summary>
public sealed record FluxTransformerConfig : IModelConfig
{
    /// <summary>The class that diffusers builds from this file.</summary>
    [JsonPropertyName("_class_name")]
    public string ClassName { get; init; } = "FluxTransformer2DModel";

    /// <summary>Side of the square of features that the last layer predicts for a token; 1, as packing has done the patching.</summary>
    [JsonPropertyName("patch_size")]
    public int PatchSize { get; init; } = 1;

    /// <summary>Features of an image token: latent channels times 4.</summary>
    [JsonPropertyName("in_channels")]
    public int InChannels { get; init; } = 64;

    /// <summary>Features of a predicted token; null for as many as come in.</summary>
    [JsonPropertyName("out_channels")]
    public int? OutChannels { get; init; }

    /// <summary>Blocks in which text and image keep weights of their own.</summary>
    [JsonPropertyName("num_layers")]
    public int NumLayers { get; init; } = 19;

    /// <summary>Blocks that treat text and image as one sequence.</summary>
    [JsonPropertyName("num_single_layers")]
    public int NumSingleLayers { get; init; } = 38;

    /// <summary>Width of an attention head.</summary>
    [JsonPropertyName("attention_head_dim")]
    public int AttentionHeadDim { get; init; } = 128;

    /// <summary>Attention heads.</summary>
    [JsonPropertyName("num_attention_heads")]
    public int NumAttentionHeads { get; init; } = 24;

    /// <summary>Width of the T5 features.</summary>
    [JsonPropertyName("joint_attention_dim")]
    public int JointAttentionDim { get; init; } = 4096;

    /// <summary>Width of the pooled CLIP features.</summary>
    [JsonPropertyName("pooled_projection_dim")]
    public int PooledProjectionDim { get; init; } = 768;

    /// <summary>Whether the guidance scale is an input (FLUX.1-dev) or not (FLUX.1-schnell).</summary>
    [JsonPropertyName("guidance_embeds")]
    public bool GuidanceEmbeds { get; init; }

    /// <summary>Channels of a head that each axis of a token's position rotates: time, row, column.</summary>
    [JsonPropertyName("axes_dims_rope")]
    public IReadOnlyList<int> AxesDimsRope { get; init; } = [16, 56, 56];

    /// <summary>Width of the residual stream.</summary>
    [JsonIgnore]
    public int HiddenSize => NumAttentionHeads * AttentionHeadDim;

    /// <summary>Features that the last layer predicts for a token.</summary>
    [JsonIgnore]
    public int OutFeatures => PatchSize * PatchSize * (OutChannels ?? InChannels);

    /// <summary>The problems with the values, one sentence each; empty if the model can be built.</summary>
    /// <returns>A sentence for each problem; empty for none.</returns>
    public IEnumerable<string> Faults()
    {
        if (NumAttentionHeads < 1 || AttentionHeadDim < 1) yield return "\"num_attention_heads\" and \"attention_head_dim\" must be 1 or more.";
        if (AttentionHeadDim % 2 != 0) yield return $"\"attention_head_dim\" is {AttentionHeadDim}; rotation needs an even number.";
        if (AxesDimsRope.Sum() != AttentionHeadDim || AxesDimsRope.Any(axis => axis < 2 || axis % 2 != 0))
            yield return $"\"axes_dims_rope\" is [{string.Join(", ", AxesDimsRope)}]; it needs even numbers that add up to \"attention_head_dim\", "
                + $"{AttentionHeadDim}.";
        if (NumLayers is < 0 or > IModelConfig.MostLayers || NumSingleLayers is < 0 or > IModelConfig.MostLayers)
            yield return $"\"num_layers\" is {NumLayers} and \"num_single_layers\" {NumSingleLayers}; they must be 0 to {IModelConfig.MostLayers}.";
        if (InChannels < 1 || JointAttentionDim < 1 || PooledProjectionDim < 1)
        {
            yield return "\"in_channels\", \"joint_attention_dim\" and \"pooled_projection_dim\" must be 1 or more.";
        }
    }
}

using System.Text.Json.Serialization;

namespace GenAgent.Torch.Flux.TextEncoders;

/// <summary>The shape of a <see cref="ClipTextEncoder"/>, as <c>text_encoder/config.json</c> says it.</summary>
public sealed record ClipTextConfig : IModelConfig
{
    /// <summary>Classes that transformers may build from this file.</summary>
    [JsonPropertyName("architectures")]
    public IReadOnlyList<string> Architectures { get; init; } = ["CLIPTextModel"];

    /// <summary>Kind of model, <c>clip_text_model</c>.</summary>
    [JsonPropertyName("model_type")]
    public string ModelType { get; init; } = "clip_text_model";

    /// <summary>Tokens in the vocabulary.</summary>
    [JsonPropertyName("vocab_size")]
    public int VocabSize { get; init; } = 49408;

    /// <summary>Width of the features.</summary>
    [JsonPropertyName("hidden_size")]
    public int HiddenSize { get; init; } = 768;

    /// <summary>Inner width of the feed-forward network.</summary>
    [JsonPropertyName("intermediate_size")]
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>Layers.</summary>
    [JsonPropertyName("num_hidden_layers")]
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Attention heads; must divide the width.</summary>
    [JsonPropertyName("num_attention_heads")]
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Longest prompt, in tokens, its first and last token included.</summary>
    [JsonPropertyName("max_position_embeddings")]
    public int MaxPositionEmbeddings { get; init; } = 77;

    /// <summary>Activation: <c>quick_gelu</c> or <c>gelu</c>.</summary>
    [JsonPropertyName("hidden_act")]
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Added to the variance before its root is taken.</summary>
    [JsonPropertyName("layer_norm_eps")]
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Width of CLIP's own projection, which FLUX.1 does not use; kept for other readers.</summary>
    [JsonPropertyName("projection_dim")]
    public int ProjectionDim { get; init; } = 768;

    /// <summary>The feature at the first occurrence of this id is pooled; the legacy value 2 means the position of the largest id.</summary>
    [JsonPropertyName("eos_token_id")]
    public int EosTokenId { get; init; } = 49407;

    /// <summary>Id that starts a prompt, kept for other readers.</summary>
    [JsonPropertyName("bos_token_id")]
    public int BosTokenId { get; init; } = 49406;

    /// <summary>Id that pads a prompt, kept for other readers.</summary>
    [JsonPropertyName("pad_token_id")]
    public int PadTokenId { get; init; } = 1;

    /// <summary>The problems with the values, one sentence each; empty if the model can be built.</summary>
    /// <returns>A sentence for each problem; empty for none.</returns>
    public IEnumerable<string> Faults()
    {
        if (ModelType is not ("clip_text_model" or "clip"))
        {
            yield return $"\"model_type\" is \"{ModelType}\"; the first text encoder of FLUX.1 is a \"clip_text_model\".";
        }
        if (HiddenAct is not ("quick_gelu" or "gelu")) yield return $"\"hidden_act\" is \"{HiddenAct}\"; use \"quick_gelu\" or \"gelu\".";
        if (NumAttentionHeads < 1 || HiddenSize % Math.Max(NumAttentionHeads, 1) != 0)
        {
            yield return $"\"num_attention_heads\" is {NumAttentionHeads}, which does not divide \"hidden_size\", {HiddenSize}.";
        }
        if (NumHiddenLayers > IModelConfig.MostLayers) yield return $"\"num_hidden_layers\" is {NumHiddenLayers}; it must be 1 to {IModelConfig.MostLayers}.";
        if (VocabSize < 1 || HiddenSize < 1 || IntermediateSize < 1 || NumHiddenLayers < 1 || MaxPositionEmbeddings < 2)
        {
            yield return "\"vocab_size\", \"hidden_size\", \"intermediate_size\" and \"num_hidden_layers\" must be 1 or more, \"max_position_embeddings\" 2 "
                + "or more.";
        }
    }
}

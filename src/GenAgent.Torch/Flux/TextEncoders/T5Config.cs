using System.Text.Json.Serialization;

namespace GenAgent.Torch.Flux.TextEncoders;

/// <summary>The shape of a <see cref="T5Encoder"/>, as <c>text_encoder_2/config.json</c> says it.</summary>
public sealed record T5Config : IModelConfig
{
    /// <summary>Classes that transformers may build from this file.</summary>
    [JsonPropertyName("architectures")]
    public IReadOnlyList<string> Architectures { get; init; } = ["T5EncoderModel"];

    /// <summary>Kind of model, <c>t5</c>.</summary>
    [JsonPropertyName("model_type")]
    public string ModelType { get; init; } = "t5";

    /// <summary>Tokens in the vocabulary.</summary>
    [JsonPropertyName("vocab_size")]
    public int VocabSize { get; init; } = 32128;

    /// <summary>Width of the features.</summary>
    [JsonPropertyName("d_model")]
    public int DModel { get; init; } = 4096;

    /// <summary>Width of a head; heads times this need not be <see cref="DModel"/>.</summary>
    [JsonPropertyName("d_kv")]
    public int DKv { get; init; } = 64;

    /// <summary>Inner width of the feed-forward network.</summary>
    [JsonPropertyName("d_ff")]
    public int DFf { get; init; } = 10240;

    /// <summary>Layers.</summary>
    [JsonPropertyName("num_layers")]
    public int NumLayers { get; init; } = 24;

    /// <summary>Attention heads.</summary>
    [JsonPropertyName("num_heads")]
    public int NumHeads { get; init; } = 64;

    /// <summary>Number of buckets of relative distance; even.</summary>
    [JsonPropertyName("relative_attention_num_buckets")]
    public int RelativeAttentionNumBuckets { get; init; } = 32;

    /// <summary>Larger distances share a bucket.</summary>
    [JsonPropertyName("relative_attention_max_distance")]
    public int RelativeAttentionMaxDistance { get; init; } = 128;

    /// <summary>Added to the mean square before its root is taken.</summary>
    [JsonPropertyName("layer_norm_epsilon")]
    public double LayerNormEpsilon { get; init; } = 1e-6;

    /// <summary>Form of the feed-forward network; only v1.1's <c>gated-gelu</c> is known.</summary>
    [JsonPropertyName("feed_forward_proj")]
    public string FeedForwardProj { get; init; } = "gated-gelu";

    /// <summary>Id that pads a prompt.</summary>
    [JsonPropertyName("pad_token_id")]
    public int PadTokenId { get; init; }

    /// <summary>Id that ends a prompt.</summary>
    [JsonPropertyName("eos_token_id")]
    public int EosTokenId { get; init; } = 1;

    /// <summary>The problems with the values, one sentence each; empty if the model can be built.</summary>
    /// <returns>A sentence for each problem; empty for none.</returns>
    public IEnumerable<string> Faults()
    {
        if (ModelType is not "t5") yield return $"\"model_type\" is \"{ModelType}\"; the second text encoder of FLUX.1 is a \"t5\".";
        if (FeedForwardProj is not "gated-gelu") yield return $"\"feed_forward_proj\" is \"{FeedForwardProj}\"; only T5 v1.1's \"gated-gelu\" is known.";
        if (VocabSize < 1 || DModel < 1 || DKv < 1 || DFf < 1 || NumLayers < 1 || NumHeads < 1)
        {
            yield return "\"vocab_size\", \"d_model\", \"d_kv\", \"d_ff\", \"num_layers\" and \"num_heads\" must be 1 or more.";
        }
        if (NumLayers > IModelConfig.MostLayers) yield return $"\"num_layers\" is {NumLayers}; it must be 1 to {IModelConfig.MostLayers}.";
        if (RelativeAttentionNumBuckets < 4 || RelativeAttentionNumBuckets % 4 != 0)
        {
            yield return $"\"relative_attention_num_buckets\" is {RelativeAttentionNumBuckets}; it must be a multiple of 4.";
        }
        if (RelativeAttentionMaxDistance <= RelativeAttentionNumBuckets / 4)
        {
            yield return $"\"relative_attention_max_distance\" is {RelativeAttentionMaxDistance}; it must be above {RelativeAttentionNumBuckets / 4}.";
        }
    }
}

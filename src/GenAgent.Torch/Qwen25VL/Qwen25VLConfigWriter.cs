using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>Writes <c>config.json</c> in the layout of the published checkpoints, which every version of transformers reads.</summary>
internal static class Qwen25VLConfigWriter
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Write(Qwen25VLConfig config, string file) => File.WriteAllText(file, ToJson(config).ToJsonString(Indented) + "\n");

    private static JsonObject ToJson(Qwen25VLConfig config)
    {
        var (text, vision) = (config.Text, config.Vision);
        return new JsonObject
        {
            ["architectures"] = new JsonArray("Qwen2_5_VLForConditionalGeneration"),
            ["model_type"] = "qwen2_5_vl",
            ["vision_start_token_id"] = config.VisionStartTokenId,
            ["vision_end_token_id"] = config.VisionEndTokenId,
            ["image_token_id"] = config.ImageTokenId,
            ["video_token_id"] = config.VideoTokenId,
            ["attention_dropout"] = 0.0,
            ["hidden_act"] = "silu",
            ["hidden_size"] = text.HiddenSize,
            ["head_dim"] = text.HeadSize,
            ["initializer_range"] = text.InitializerRange,
            ["intermediate_size"] = text.IntermediateSize,
            ["max_position_embeddings"] = text.MaxPositions,
            ["num_attention_heads"] = text.Heads,
            ["num_hidden_layers"] = text.Layers,
            ["num_key_value_heads"] = text.KeyValueHeads,
            ["rms_norm_eps"] = text.RmsNormEps,
            ["rope_theta"] = text.RopeTheta,
            ["rope_scaling"] = new JsonObject { ["type"] = "mrope", ["mrope_section"] = Array(text.MRopeSections) },
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["torch_dtype"] = config.DType ?? "float32",
            ["use_cache"] = true,
            ["use_sliding_window"] = false,
            ["vocab_size"] = text.VocabularySize,
            ["vision_config"] = new JsonObject
            {
                ["depth"] = vision.Depth,
                ["hidden_act"] = "silu",
                ["hidden_size"] = vision.HiddenSize,
                ["initializer_range"] = vision.InitializerRange,
                ["intermediate_size"] = vision.IntermediateSize,
                ["num_heads"] = vision.Heads,
                ["in_chans"] = vision.Channels,
                ["out_hidden_size"] = vision.OutHiddenSize,
                ["patch_size"] = vision.PatchSize,
                ["spatial_merge_size"] = vision.MergeSize,
                ["spatial_patch_size"] = vision.PatchSize,
                ["window_size"] = vision.WindowSize,
                ["fullatt_block_indexes"] = Array(vision.FullAttentionBlocks),
                ["temporal_patch_size"] = vision.TemporalPatchSize,
            },
        };
    }

    private static JsonArray Array(IEnumerable<int> values) => [.. values.Select(value => JsonValue.Create(value))];
}

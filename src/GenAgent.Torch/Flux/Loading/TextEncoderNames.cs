using System.Text.RegularExpressions;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>Maps the names of the text encoders' weights in published files to the models' names.</summary>
internal static partial class TextEncoderNames
{
    /// <summary>The prefix of CLIP in ComfyUI's checkpoints, which hold all parts in one file.</summary>
    public const string ClipInCheckpoint = "text_encoders.clip_l.transformer.";

    /// <summary>Where they keep T5.</summary>
    public const string T5InCheckpoint = "text_encoders.t5xxl.transformer.";

    private const string ClipPrefix = "text_model.";
    private const string TokenTable = "shared.weight";
    private const string TokenTableOfEncoder = "encoder.embed_tokens.weight";

    // llama.cpp's names of T5 (gguf-py, tensor_mapping.py), as its GGUF files have them.
    private static readonly Dictionary<string, string> GgufBlock = new(StringComparer.Ordinal)
    {
        ["attn_norm"] = "0.layer_norm", ["attn_q"] = "0.SelfAttention.q", ["attn_k"] = "0.SelfAttention.k", ["attn_v"] = "0.SelfAttention.v",
        ["attn_o"] = "0.SelfAttention.o",
        ["attn_rel_b"] = "0.SelfAttention.relative_attention_bias",
        ["ffn_norm"] = "1.layer_norm", ["ffn_gate"] = "1.DenseReluDense.wi_0", ["ffn_up"] = "1.DenseReluDense.wi_1", ["ffn_down"] = "1.DenseReluDense.wo",
    };

    /// <summary>CLIP: transformers 5 omits the prefix; projection and position ids are not used.</summary>
    public static WeightLoadOptions Clip(IWeightSource weights)
    {
        var within = PrefixOf(weights, ClipInCheckpoint);
        return new WeightLoadOptions
        {
            Rename = stored =>
                Below(stored, within) is not { } name || name.EndsWith("position_ids", StringComparison.Ordinal)
                    || name is "text_projection.weight" or "logit_scale"
                    ? null
                : name.StartsWith(ClipPrefix, StringComparison.Ordinal) ? name
                : ClipPrefix + name,
        };
    }

    /// <summary>T5: the token table has two names, and a file of the whole model holds a decoder too.</summary>
    public static WeightLoadOptions T5(IWeightSource weights)
    {
        var within = PrefixOf(weights, T5InCheckpoint);
        var hasShared = weights.Entries.ContainsKey(within + TokenTable);
        return new WeightLoadOptions
        {
            Rename = stored => Below(stored, within) is not { } name ? null
                : name is TokenTableOfEncoder ? (hasShared ? null : TokenTable)
                : name.StartsWith("decoder.", StringComparison.Ordinal) || name.StartsWith("dec.", StringComparison.Ordinal) || name is "lm_head.weight" ? null
                : OfGguf(name),
        };
    }

    private static string PrefixOf(IWeightSource weights, string inCheckpoint) =>
        weights.Entries.Keys.Any(name => name.StartsWith(inCheckpoint, StringComparison.Ordinal)) ? inCheckpoint : string.Empty;

    private static string? Below(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null;

    private static string OfGguf(string name) => name switch
    {
        "token_embd.weight" => TokenTable,
        "enc.output_norm.weight" => "encoder.final_layer_norm.weight",
        _ =>
            Block().Match(name) is { Success: true } block && GgufBlock.TryGetValue(block.Groups["part"].Value, out var part)
                ? $"encoder.block.{block.Groups["n"].Value}.layer.{part}.weight"
                : name,
    };

    [GeneratedRegex(@"^enc\.blk\.(?<n>\d+)\.(?<part>\w+)\.weight$", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Block();
}

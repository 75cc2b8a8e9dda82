using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>The names under which the text encoders' weights are found in published files, brought to those of the models.</summary>
internal static class TextEncoderNames
{
    private const string ClipPrefix = "text_model.";
    private const string TokenTable = "shared.weight";
    private const string TokenTableOfEncoder = "encoder.embed_tokens.weight";

    /// <summary>CLIP: transformers 5 leaves the prefix out; projection and position ids are of no use here.</summary>
    public static WeightLoadOptions Clip { get; } = new()
    {
        Rename = name =>
            name.EndsWith("position_ids", StringComparison.Ordinal) || name is "text_projection.weight" or "logit_scale" ? null
            : name.StartsWith(ClipPrefix, StringComparison.Ordinal) ? name
            : ClipPrefix + name,
    };

    /// <summary>T5: the token table has two names, and a file of the whole model holds a decoder too.</summary>
    public static WeightLoadOptions T5(IWeightSource weights)
    {
        var hasShared = weights.Entries.ContainsKey(TokenTable);
        return new WeightLoadOptions
        {
            Rename = name =>
                name is TokenTableOfEncoder ? (hasShared ? null : TokenTable)
                : name.StartsWith("decoder.", StringComparison.Ordinal) || name is "lm_head.weight" ? null
                : name,
        };
    }
}

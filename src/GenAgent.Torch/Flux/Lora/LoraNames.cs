using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Transformer;

namespace GenAgent.Torch.Flux.Lora;

/// <summary>The role of a tensor in a LoRA file.</summary>
internal enum LoraPart
{
    /// <summary>The map to the low rank (PEFT's A).</summary>
    Down,

    /// <summary>The map back (PEFT's B).</summary>
    Up,

    /// <summary>The strength, to be divided by the rank.</summary>
    Alpha,

    /// <summary>The bias added after the up projection.</summary>
    Bias,
}

/// <summary>A layer of the transformer, and the rows of a LoRA's output that belong to it.</summary>
internal sealed record LoraTarget(string Layer, IReadOnlyList<BflRows> Rows);

/// <summary>Maps the layer names in LoRA files of all layouts to the transformer's.</summary>
internal sealed class LoraNames
{
    private static readonly (string Ending, LoraPart Part)[] Endings =
    [
        (".lora_A.weight", LoraPart.Down), (".lora_A.default.weight", LoraPart.Down), (".lora_down.weight", LoraPart.Down),
        (".lora.down.weight", LoraPart.Down), (".lora_linear_layer.down.weight", LoraPart.Down), (".lora_linear_layer.up.weight", LoraPart.Up),
        (".lora_B.weight", LoraPart.Up), (".lora_B.default.weight", LoraPart.Up), (".lora_up.weight", LoraPart.Up), (".lora.up.weight", LoraPart.Up),
        (".lora_B.bias", LoraPart.Bias), (".lora_B.default.bias", LoraPart.Bias), (".lora_up.bias", LoraPart.Bias),
        (".alpha", LoraPart.Alpha),

        // XLabs: PROCESSOR.qkv_lora1.down.weight; the module's name keeps "_lora1".
        (".down.weight", LoraPart.Down), (".up.weight", LoraPart.Up),
    ];

    private static readonly (string Ending, string Kind)[] Refused =
    [
        (".dora_scale", "is of a DoRA"), (".lora_magnitude_vector", "is of a DoRA"), (".lora_magnitude_vector.weight", "is of a DoRA"),
        (".lora_magnitude_vector.default.weight", "is of a DoRA"),
        (".lokr_w1", "is of a LoKr"), (".lokr_w2", "is of a LoKr"), (".lokr_w1_a", "is of a LoKr"), (".lokr_w2_a", "is of a LoKr"),
        (".hada_w1_a", "is of a LoHa"), (".hada_w2_a", "is of a LoHa"),
        (".diff", "is a whole difference of weights"), (".diff_b", "is a whole difference of weights"),
    ];

    private static readonly string[] Prefixes =
        ["transformer.", "base_model.model.", "model.", "diffusion_model.", "unet.", "lora_unet_", "lora_transformer_", "lycoris_"];
    private static readonly string[] TextEncoders =
    [
        "text_encoder.", "text_encoder_2.", "text_encoders.", "clip_l.", "t5xxl.", "lora_te_", "lora_te1_", "lora_te2_", "lora_te3_", "lora_clip_l_",
        "lora_t5xxl_"
    ];

    private readonly Dictionary<string, List<LoraTarget>> _targets = new(StringComparer.Ordinal);

    public LoraNames(FluxTransformerConfig config)
    {
        var layers = BflNames.Layers(config);
        foreach (var layer in layers.Keys) AddBothSpellings(layer, new LoraTarget(layer, [BflRows.All(layer)]));

        // An original layer may contain several published ones, and a published layer may reorder the rows of an original one.
        foreach (var (layer, rows) in layers) AddBothSpellings(rows[0].Layer, new LoraTarget(layer, rows));
        AddXLabs(config);
    }

    /// <summary>Whether a tensor is for a text encoder.</summary>
    public static bool IsOfTextEncoder(string tensor) => Array.Exists(TextEncoders, prefix => tensor.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The module and role of a tensor; null if it does not belong to a LoRA.</summary>
    public static (string Module, LoraPart Part)? Split(string tensor)
    {
        foreach (var (ending, part) in Endings)
        {
            if (tensor.EndsWith(ending, StringComparison.Ordinal)) return (tensor[..^ending.Length], part);
        }

        return null;
    }

    /// <summary>Why a tensor that <see cref="Split"/> does not know cannot be applied, as the end of a sentence.</summary>
    public static string Refusal(string tensor) =>
        Refused.FirstOrDefault(kind => tensor.EndsWith(kind.Ending, StringComparison.Ordinal)) is { Kind: { } kind }
            ? $"{kind}, which cannot be applied: convert it to a plain LoRA."
            : "is no part of a LoRA that is known (lora_A and lora_B, lora_down and lora_up, alpha).";

    /// <summary>The layers that a module stands for; null if the transformer has none of that name.</summary>
    public IReadOnlyList<LoraTarget>? Find(string module)
    {
        if (_targets.TryGetValue(module, out var targets)) return targets;

        // Trainers and converters write one prefix before another: base_model.model.transformer.
        return Prefixes.Where(prefix => module.StartsWith(prefix, StringComparison.Ordinal)).Select(prefix => Find(module[prefix.Length..]))
            .FirstOrDefault(found => found is not null);
    }

    // XLabs' processors (diffusers' _convert_xlabs_flux_lora_to_diffusers): 1 is the image's stream, 2 the text's.
    private void AddXLabs(FluxTransformerConfig config)
    {
        for (var block = 0; block < config.NumLayers; block++)
        {
            var (name, layer) = ($"double_blocks.{block}.processor.", $"transformer_blocks.{block}.attn.");
            Split3(name + "qkv_lora1", [layer + "to_q", layer + "to_k", layer + "to_v"]);
            Split3(name + "qkv_lora2", [layer + "add_q_proj", layer + "add_k_proj", layer + "add_v_proj"]);
            Add(name + "proj_lora1", new LoraTarget(layer + "to_out.0", [BflRows.All(layer)]));
            Add(name + "proj_lora2", new LoraTarget(layer + "to_add_out", [BflRows.All(layer)]));
        }

        for (var block = 0; block < config.NumSingleLayers; block++)
        {
            var (name, layer) = ($"single_blocks.{block}.processor.", $"single_transformer_blocks.{block}.");
            Split3(name + "qkv_lora", [layer + "attn.to_q", layer + "attn.to_k", layer + "attn.to_v"]);
            Add(name + "proj_lora", new LoraTarget(layer + "proj_out", [BflRows.All(layer)]));
        }

        void Split3(string name, string[] layers)
        {
            for (var part = 0; part < 3; part++) Add(name, new LoraTarget(layers[part], [new BflRows(layers[part], part, 1, 3)]));
        }
    }

    private void AddBothSpellings(string name, LoraTarget target)
    {
        Add(name, target);
        var flat = name.Replace('.', '_');
        if (!string.Equals(flat, name, StringComparison.Ordinal)) Add(flat, target);
    }

    private void Add(string name, LoraTarget target)
    {
        if (!_targets.TryGetValue(name, out var targets)) _targets[name] = targets = [];
        targets.Add(target);
    }
}

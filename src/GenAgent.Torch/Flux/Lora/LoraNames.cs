using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Transformer;

namespace GenAgent.Torch.Flux.Lora;

/// <summary>What a tensor of a LoRA file is.</summary>
internal enum LoraPart
{
    /// <summary>The map to the low rank (PEFT's A).</summary>
    Down,

    /// <summary>The map back (PEFT's B).</summary>
    Up,

    /// <summary>The strength, to be divided by the rank.</summary>
    Alpha,
}

/// <summary>A layer of the transformer, and the rows of a LoRA's output that are its own.</summary>
internal sealed record LoraTarget(string Layer, IReadOnlyList<BflRows> Rows);

/// <summary>The many names under which LoRA files speak of a transformer's layers.</summary>
internal sealed class LoraNames
{
    private static readonly (string Ending, LoraPart Part)[] Endings =
    [
        (".lora_A.weight", LoraPart.Down), (".lora_A.default.weight", LoraPart.Down), (".lora_down.weight", LoraPart.Down), (".lora.down.weight", LoraPart.Down),
        (".lora_B.weight", LoraPart.Up), (".lora_B.default.weight", LoraPart.Up), (".lora_up.weight", LoraPart.Up), (".lora.up.weight", LoraPart.Up),
        (".alpha", LoraPart.Alpha),
    ];

    private static readonly string[] Prefixes = ["transformer.", "base_model.model.", "diffusion_model.", "lora_unet_", "lora_transformer_", ""];
    private static readonly string[] TextEncoders = ["text_encoder.", "text_encoder_2.", "lora_te_", "lora_te1_", "lora_te2_", "lora_te3_"];

    private readonly Dictionary<string, List<LoraTarget>> _targets = new(StringComparer.Ordinal);

    public LoraNames(FluxTransformerConfig config)
    {
        var layers = BflNames.Layers(config);
        foreach (var layer in layers.Keys) AddBothSpellings(layer, new LoraTarget(layer, [BflRows.All(layer)]));

        // An original layer may hold several published ones; a published one, rows of one original in another order.
        foreach (var (layer, rows) in layers) AddBothSpellings(rows[0].Layer, new LoraTarget(layer, rows));
    }

    /// <summary>Whether a tensor is for a text encoder.</summary>
    public static bool IsOfTextEncoder(string tensor) => Array.Exists(TextEncoders, prefix => tensor.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The module that a tensor belongs to, and what it is there; null for no tensor of a LoRA.</summary>
    public static (string Module, LoraPart Part)? Split(string tensor)
    {
        foreach (var (ending, part) in Endings)
        {
            if (tensor.EndsWith(ending, StringComparison.Ordinal)) return (tensor[..^ending.Length], part);
        }

        return null;
    }

    /// <summary>The layers that a module is, or null where the transformer has none of that name.</summary>
    public IReadOnlyList<LoraTarget>? Find(string module)
    {
        foreach (var prefix in Prefixes)
        {
            if (module.StartsWith(prefix, StringComparison.Ordinal) && _targets.TryGetValue(module[prefix.Length..], out var targets)) return targets;
        }

        return null;
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

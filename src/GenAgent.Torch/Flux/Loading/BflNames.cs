using GenAgent.Torch.Flux.Transformer;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>
/// Some rows of a layer in the original naming of Black Forest Labs: <paramref name="Share"/> parts of <paramref name="Of"/>, from part
/// <paramref name="From"/> on.
/// </summary>
internal sealed record BflRows(string Layer, int From, int Share, int Of)
{
    public static BflRows All(string layer) => new(layer, 0, 1, 1);
}

/// <summary>
/// Maps each layer of a <see cref="FluxTransformer"/> to the original naming (black-forest-labs/flux, <c>model.py</c>), in which queries, keys and values
/// are one layer, together with the first feed-forward layer in single blocks.
/// </summary>
internal static class BflNames
{
    /// <summary>Published layer (no <c>.weight</c>) to the rows of the original layer(s), in order.</summary>
    public static Dictionary<string, BflRows[]> Layers(FluxTransformerConfig config)
    {
        var map = new Dictionary<string, BflRows[]>(StringComparer.Ordinal);
        void Whole(string layer, string original) => map.Add(layer, [BflRows.All(original)]);
        void Network(string layer, string original)
        {
            Whole($"time_text_embed.{layer}.linear_1", $"{original}.in_layer");
            Whole($"time_text_embed.{layer}.linear_2", $"{original}.out_layer");
        }

        Whole("x_embedder", "img_in");
        Whole("context_embedder", "txt_in");
        Network("timestep_embedder", "time_in");
        if (config.GuidanceEmbeds) Network("guidance_embedder", "guidance_in");
        Network("text_embedder", "vector_in");
        for (var block = 0; block < config.NumLayers; block++) DoubleBlock($"transformer_blocks.{block}.", $"double_blocks.{block}.");
        for (var block = 0; block < config.NumSingleLayers; block++) SingleBlock($"single_transformer_blocks.{block}.", $"single_blocks.{block}.");

        // The original has shift before scale here, diffusers scale before shift.
        map.Add("norm_out.linear", [new("final_layer.adaLN_modulation.1", 1, 1, 2), new("final_layer.adaLN_modulation.1", 0, 1, 2)]);
        Whole("proj_out", "final_layer.linear");
        return map;

        void DoubleBlock(string layer, string original)
        {
            Whole(layer + "norm1.linear", original + "img_mod.lin");
            Whole(layer + "norm1_context.linear", original + "txt_mod.lin");
            foreach (var (part, name) in new[] { (0, "q"), (1, "k"), (2, "v") })
            {
                map.Add($"{layer}attn.to_{name}", [new(original + "img_attn.qkv", part, 1, 3)]);
                map.Add($"{layer}attn.add_{name}_proj", [new(original + "txt_attn.qkv", part, 1, 3)]);
            }

            Whole(layer + "attn.to_out.0", original + "img_attn.proj");
            Whole(layer + "attn.to_add_out", original + "txt_attn.proj");
            Whole(layer + "ff.net.0.proj", original + "img_mlp.0");
            Whole(layer + "ff.net.2", original + "img_mlp.2");
            Whole(layer + "ff_context.net.0.proj", original + "txt_mlp.0");
            Whole(layer + "ff_context.net.2", original + "txt_mlp.2");
        }

        void SingleBlock(string layer, string original)
        {
            Whole(layer + "norm.linear", original + "modulation.lin");
            foreach (var (part, name) in new[] { (0, "q"), (1, "k"), (2, "v") }) map.Add($"{layer}attn.to_{name}", [new(original + "linear1", part, 1, 7)]);
            map.Add(layer + "proj_mlp", [new(original + "linear1", 3, 4, 7)]);
            Whole(layer + "proj_out", original + "linear2");
        }
    }

    /// <summary>Gains of query and key normalisation: published parameter to the original's.</summary>
    public static Dictionary<string, string> Gains(FluxTransformerConfig config)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (letter, name) in new[] { ("q", "query"), ("k", "key") })
        {
            for (var block = 0; block < config.NumLayers; block++)
            {
                map.Add($"transformer_blocks.{block}.attn.norm_{letter}.weight", $"double_blocks.{block}.img_attn.norm.{name}_norm.scale");
                map.Add($"transformer_blocks.{block}.attn.norm_added_{letter}.weight", $"double_blocks.{block}.txt_attn.norm.{name}_norm.scale");
            }

            for (var block = 0; block < config.NumSingleLayers; block++)
                map.Add($"single_transformer_blocks.{block}.attn.norm_{letter}.weight", $"single_blocks.{block}.norm.{name}_norm.scale");
        }

        return map;
    }
}

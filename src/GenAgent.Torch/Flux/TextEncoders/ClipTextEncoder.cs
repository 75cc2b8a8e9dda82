using GenAgent.Torch.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.TextEncoders;

/// <summary>
/// CLIP's text tower (transformers' <c>CLIPTextModel</c>; parameters bear the published names, <c>text_model...</c>): causal attention, padding not masked,
/// no projection. Without dropout. Weights are unset until loaded or initialised.
/// </summary>
public sealed class ClipTextEncoder : Layer
{
    private const int LegacyEos = 2;

    private readonly TokenTable _tokens;
    private readonly TokenTable _positions;
    private readonly ModuleList<ClipLayer> _layers;
    private readonly LayerNorm _finalNorm;

    /// <summary>Builds the modules with unset weights.</summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    /// <exception cref="InvalidDataException">The config cannot be built.</exception>
    public ClipTextEncoder(ClipTextConfig config, Device? device = null, ScalarType? dtype = null)
        : base(nameof(ClipTextEncoder))
    {
        ModelConfig.ThrowIfFaulty(config, "the CLIP encoder's config");
        Config = config;
        _tokens = new TokenTable(config.VocabSize, config.HiddenSize, device, dtype);
        _positions = new TokenTable(config.MaxPositionEmbeddings, config.HiddenSize, device, dtype);
        _layers = new ModuleList<ClipLayer>([.. Enumerable.Range(0, config.NumHiddenLayers).Select(_ => new ClipLayer(config, device, dtype))]);
        _finalNorm = nn.LayerNorm([config.HiddenSize], config.LayerNormEps, device: device, dtype: dtype);

        register_module("text_model", new NameScope(
            ("embeddings", new NameScope(("token_embedding", _tokens), ("position_embedding", _positions))),
            ("encoder", new NameScope(("layers", _layers))),
            ("final_layer_norm", _finalNorm)));
    }

    /// <summary>The shape that this model was built with.</summary>
    public ClipTextConfig Config { get; }

    /// <summary>
    /// Token ids <c>[batch, tokens]</c> (int64), padding included, to features <c>[batch, tokens, hidden]</c> and the pooled feature, that of the prompt's
    /// end, <c>[batch, hidden]</c>.
    /// </summary>
    /// <param name="ids"><c>[batch, tokens]</c>, int64.</param>
    /// <returns>Both tensors; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">There are more tokens than the model has positions.</exception>
    public (Tensor Features, Tensor Pooled) Forward(Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var (batch, length) = (ids.shape[0], ids.shape[1]);
        if (length > Config.MaxPositionEmbeddings)
            throw new ArgumentException(
                $"{length} tokens are more than the {Config.MaxPositionEmbeddings} positions of this CLIP encoder; truncate the prompt.", nameof(ids));

        using var scope = NewDisposeScope();
        var hidden = _tokens.forward(ids).Plus(_positions.Weight.narrow(0, 0, length));
        foreach (var layer in _layers) hidden = layer.Forward(hidden);
        var features = _finalNorm.forward(hidden);
        var pooled = features[Arithmetic.Counted(batch, ScalarType.Int64, ids.device), EndOfPrompt(ids)];
        return (features.MoveToOuterDisposeScope(), pooled.MoveToOuterDisposeScope());
    }

    private Tensor EndOfPrompt(Tensor ids) =>
        Config.EosTokenId == LegacyEos ? ids.argmax(-1) : ids.EqualTo(Config.EosTokenId).to(ScalarType.Int32).argmax(-1);
}

/// <summary>Causal self-attention, then feed-forward, each behind a LayerNorm and added to its own input.</summary>
internal sealed class ClipLayer : Layer
{
    private readonly bool _quick;
    private readonly int _heads;
    private readonly LayerNorm _norm1;
    private readonly LinearGroup _joint;
    private readonly Linear _output;
    private readonly LayerNorm _norm2;
    private readonly Linear _widen;
    private readonly Linear _narrow;

    public ClipLayer(ClipTextConfig config, Device? device, ScalarType? dtype)
        : base(nameof(ClipLayer))
    {
        var hidden = config.HiddenSize;
        (_heads, _quick) = (config.NumAttentionHeads, config.HiddenAct is "quick_gelu");
        _norm1 = nn.LayerNorm([hidden], config.LayerNormEps, device: device, dtype: dtype);
        var (query, key, value) = (Map(hidden, hidden), Map(hidden, hidden), Map(hidden, hidden));
        _joint = new LinearGroup(query, key, value);
        _output = Map(hidden, hidden);
        _norm2 = nn.LayerNorm([hidden], config.LayerNormEps, device: device, dtype: dtype);
        _widen = Map(hidden, config.IntermediateSize);
        _narrow = Map(config.IntermediateSize, hidden);

        register_module("layer_norm1", _norm1);
        register_module("self_attn", new NameScope(("q_proj", query), ("k_proj", key), ("v_proj", value), ("out_proj", _output)));
        register_module("layer_norm2", _norm2);
        register_module("mlp", new NameScope(("fc1", _widen), ("fc2", _narrow)));

        Linear Map(int from, int to) => new(from, to, device: device, dtype: dtype);
    }

    public Tensor Forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = input.Plus(_output.forward(Attend(_joint.Forward(_norm1.forward(input)))));
        var widened = _widen.forward(_norm2.forward(hidden));
        widened = _quick ? widened * widened.Times(1.702).sigmoid() : nn.functional.gelu(widened);
        return hidden.Plus(_narrow.forward(widened)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _joint.Dispose();
        base.Dispose(disposing);
    }

    private Tensor Attend(Tensor joint)
    {
        var (batch, tokens, hidden) = (joint.shape[0], joint.shape[1], joint.shape[2] / 3);
        var parts = joint.view(batch, tokens, 3, _heads, hidden / _heads).permute(2, 0, 3, 1, 4).unbind(0);
        var attended = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true);
        return attended.transpose(1, 2).reshape(batch, tokens, hidden);
    }
}

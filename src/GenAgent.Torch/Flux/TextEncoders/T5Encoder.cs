using GenAgent.Torch.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.TextEncoders;

/// <summary>
/// The encoder of T5 v1.1 (transformers' <c>T5EncoderModel</c>; parameters bear its names). Attention looks at padding too, as FLUX.1 was trained.
/// Without dropout. Weights are unset until loaded or initialised.
/// </summary>
public sealed class T5Encoder : nn.Module<Tensor, Tensor>
{
    private readonly TokenTable _shared;
    private readonly ModuleList<T5Block> _blocks;
    private readonly RelativePositionBias _positionBias;
    private readonly RmsNorm _finalNorm;

    /// <summary>Builds the modules with unset weights.</summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    /// <exception cref="InvalidDataException">The config cannot be built.</exception>
    public T5Encoder(T5Config config, Device? device = null, ScalarType? dtype = null)
        : base(nameof(T5Encoder))
    {
        ModelConfig.ThrowIfFaulty(config, "the T5 encoder's config");
        Config = config;
        _shared = new TokenTable(config.VocabSize, config.DModel, device, dtype);
        _positionBias = new RelativePositionBias(config, device, dtype);
        _blocks = new ModuleList<T5Block>([.. Enumerable.Range(0, config.NumLayers).Select(layer =>
            new T5Block(config, layer == 0 ? _positionBias : null, device, dtype))]);
        _finalNorm = new RmsNorm(config.DModel, config.LayerNormEpsilon, device, dtype);

        register_module("shared", _shared);
        register_module("encoder", new NameScope(("block", _blocks), ("final_layer_norm", _finalNorm)));
    }

    /// <summary>The shape that this model was built with.</summary>
    public T5Config Config { get; }

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        // The constructor registers all parts under their published names.
    }

    /// <summary>Token ids <c>[batch, tokens]</c> (int64), padding included, to features <c>[batch, tokens, d_model]</c>.</summary>
    /// <param name="input"><c>[batch, tokens]</c>, int64.</param>
    /// <returns>The features; the caller disposes them.</returns>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        var hidden = _shared.forward(input);
        var bias = _positionBias.Forward((int)input.shape[1]);
        foreach (var block in _blocks) hidden = block.Forward(hidden, bias);
        return _finalNorm.forward(hidden).MoveToOuterDisposeScope();
    }
}

/// <summary>Self-attention, then gated feed-forward, each added to its own input.</summary>
internal sealed class T5Block : Layer
{
    private readonly RmsNorm _attentionNorm;
    private readonly T5Attention _attention;
    private readonly RmsNorm _feedForwardNorm;
    private readonly Linear _gate;
    private readonly Linear _widen;
    private readonly Linear _narrow;

    /// <summary>Builds the modules with unset weights.</summary>
    /// <param name="config">Shape.</param>
    /// <param name="positionBias">The bias that all blocks share, held by the first block; null in the others.</param>
    /// <param name="device">Where.</param>
    /// <param name="dtype">In what.</param>
    public T5Block(T5Config config, RelativePositionBias? positionBias, Device? device, ScalarType? dtype)
        : base(nameof(T5Block))
    {
        _attentionNorm = new RmsNorm(config.DModel, config.LayerNormEpsilon, device, dtype);
        _attention = new T5Attention(config, positionBias, device, dtype);
        _feedForwardNorm = new RmsNorm(config.DModel, config.LayerNormEpsilon, device, dtype);
        _gate = new Linear(config.DModel, config.DFf, bias: false, device, dtype);
        _widen = new Linear(config.DModel, config.DFf, bias: false, device, dtype);

        // Its outputs overflow fp16: the reference keeps these weights, and from there on the residual stream, in fp32 (_keep_in_fp32_modules).
        _narrow = new Linear(config.DFf, config.DModel, bias: false, device, dtype == ScalarType.Float16 ? ScalarType.Float32 : dtype);

        register_module("layer", new NameScope(
            ("0", new NameScope(("SelfAttention", _attention), ("layer_norm", _attentionNorm))),
            ("1", new NameScope(("DenseReluDense", new NameScope(("wi_0", _gate), ("wi_1", _widen), ("wo", _narrow))), ("layer_norm", _feedForwardNorm)))));
    }

    public Tensor Forward(Tensor input, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var hidden = HalfRange.Cut(input.Plus(_attention.Forward(_attentionNorm.forward(input), bias)));
        var normed = _feedForwardNorm.forward(hidden);
        var gated = nn.functional.gelu(_gate.forward(normed), GELU.Approximate.tanh) * _widen.forward(normed);
        return HalfRange.Cut(hidden.Plus(_narrow.forward(gated.to(_narrow.Dtype)))).MoveToOuterDisposeScope();
    }
}

/// <summary>Attention without scaling by the head's width; the initial weights compensate for that.</summary>
internal sealed class T5Attention : Layer
{
    private readonly int _heads;
    private readonly int _headDim;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;

    public T5Attention(T5Config config, RelativePositionBias? positionBias, Device? device, ScalarType? dtype)
        : base(nameof(T5Attention))
    {
        (_heads, _headDim) = (config.NumHeads, config.DKv);
        var inner = _heads * _headDim;
        _query = new Linear(config.DModel, inner, bias: false, device, dtype);
        _key = new Linear(config.DModel, inner, bias: false, device, dtype);
        _value = new Linear(config.DModel, inner, bias: false, device, dtype);
        _output = new Linear(inner, config.DModel, bias: false, device, dtype);

        register_module("q", _query);
        register_module("k", _key);
        register_module("v", _value);
        register_module("o", _output);
        if (positionBias is not null) register_module("relative_attention_bias", positionBias);
    }

    public Tensor Forward(Tensor input, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var (batch, tokens) = (input.shape[0], input.shape[1]);
        var query = Heads(_query.forward(input)).Times(Math.Sqrt(_headDim));
        var attended = nn.functional.scaled_dot_product_attention(query, Heads(_key.forward(input)), Heads(_value.forward(input)), bias);
        return _output.forward(attended.transpose(1, 2).reshape(batch, tokens, _heads * _headDim)).MoveToOuterDisposeScope();

        Tensor Heads(Tensor flat) => flat.view(batch, tokens, _heads, _headDim).transpose(1, 2);
    }
}

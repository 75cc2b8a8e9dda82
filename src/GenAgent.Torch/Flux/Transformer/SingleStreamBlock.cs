using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Transformer;

/// <summary>
/// Text and image as one sequence, attention and feed-forward side by side behind one projection (diffusers' <c>FluxSingleTransformerBlock</c>).
/// </summary>
internal sealed class SingleStreamBlock : Layer
{
    private readonly ModulationLinear _norm;
    private readonly QueryKeyNorm _queryKeyNorm;
    private readonly LinearGroup _inward;
    private readonly Linear _out;
    private readonly int _hidden;

    public SingleStreamBlock(FluxTransformerConfig config, Device? device, ScalarType? dtype)
        : base(nameof(SingleStreamBlock))
    {
        _hidden = config.HiddenSize;
        _norm = new ModulationLinear(_hidden, 3, device, dtype);
        _queryKeyNorm = new QueryKeyNorm(config.AttentionHeadDim, device, dtype);
        var (query, key, value) = (Map(_hidden), Map(_hidden), Map(_hidden));
        var widen = Map(4 * _hidden);
        _inward = new LinearGroup(query, key, value, widen);
        _out = new Linear(5 * _hidden, _hidden, device: device, dtype: dtype);

        register_module("norm", _norm);
        register_module("proj_mlp", widen);
        register_module("proj_out", _out);
        register_module("attn", new NameScope(("norm_q", _queryKeyNorm.Query), ("norm_k", _queryKeyNorm.Key), ("to_q", query), ("to_k", key), ("to_v", value)));

        Linear Map(int outFeatures) => new(_hidden, outFeatures, device: device, dtype: dtype);
    }

    /// <summary>The map of this block's modulation: shift, scale, gate.</summary>
    public ModulationLinear Modulation => _norm;

    /// <summary>Called with the name and value of the inner steps, for comparison with a reference.</summary>
    internal Action<string, Tensor>? Probe { get; set; }

    /// <summary>The sequence after this block; the input may have been overwritten.</summary>
    public Tensor Forward(Tensor tokens, Queue<Tensor> vectors, RotaryTable rope)
    {
        using var scope = NewDisposeScope();
        var modulation = new Modulation(vectors.Dequeue(), vectors.Dequeue(), vectors.Dequeue());
        var bent = modulation.Apply(tokens);
        Probe?.Invoke("norm.0", bent);
        Probe?.Invoke("norm.1", modulation.Gate.squeeze(1));

        var inward = _inward.Forward(bent);
        var attended = RotaryAttention.Attend(inward.narrow(-1, 0, 3 * _hidden), _queryKeyNorm, text: null, rope);
        Probe?.Invoke("attn", attended);
        var widened = FeedForward.Gelu(inward.narrow(-1, 3 * _hidden, 4 * _hidden));
        return HalfRange.Cut(modulation.Add(tokens, _out.forward(cat([attended, widened], -1)))).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _inward.Dispose();
        base.Dispose(disposing);
    }
}

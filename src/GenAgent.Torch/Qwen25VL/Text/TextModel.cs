using GenAgent.Torch.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Text;

/// <summary>The language model without its head: embeddings, decoder layers, final norm.</summary>
internal sealed class TextModel : Layer
{
    private readonly ModuleList<DecoderLayer> _layers;
    private readonly TextRotary _rotary;

    public TextModel(Qwen25TextConfig config, Device device, ScalarType dtype)
        : base(nameof(TextModel))
    {
        _rotary = new TextRotary(config);
        Embeddings = new TokenTable(config.VocabularySize, config.HiddenSize, device, dtype);
        _layers = new ModuleList<DecoderLayer>([.. Enumerable.Range(0, config.Layers).Select(layer => new DecoderLayer(config, layer, device, dtype))]);
        Norm = new RmsNorm(config.HiddenSize, config.RmsNormEps, device, dtype);
        register_module("embed_tokens", Embeddings);
        register_module("layers", _layers);
        register_module("norm", Norm);
    }

    public TokenTable Embeddings { get; }

    public RmsNorm Norm { get; }

    public IReadOnlyList<DecoderLayer> Layers => [.. _layers];

    /// <summary>When set, runs a layer instead of calling it straight: the hook for activation checkpointing.</summary>
    public Func<Func<Tensor, Tensor>, Tensor, Tensor>? LayerRunner { get; set; }

    /// <summary>Embeddings <c>[batch, tokens, hidden]</c> and positions <c>[3, batch, tokens]</c> to normed states <c>[batch, tokens, hidden]</c>.</summary>
    /// <param name="embeddings">What enters the first layer.</param>
    /// <param name="positions">Time, height and width of each token.</param>
    /// <param name="context">Which tokens attend to which.</param>
    /// <param name="observer">Told each layer's output, for tests; the tensors belong to the scope of the call.</param>
    public Tensor Forward(Tensor embeddings, Tensor positions, IAttentionContext context, Action<string, Tensor>? observer = null)
    {
        using var scope = NewDisposeScope();
        var rotary = _rotary.Table(positions, embeddings.dtype);
        observer?.Invoke("rope_cos", rotary.Cos);
        observer?.Invoke("rope_sin", rotary.Sin);
        if (LayerRunner is not null)
        {
            rotary = new RotaryTable(ActivationCheckpoint.Kept(rotary.Cos), ActivationCheckpoint.Kept(rotary.Sin));
        }

        // With adapters nothing before the first layer is trained, but a recomputed layer gets gradients only if its input requires them.
        var hidden = LayerRunner is not null && is_grad_enabled() && !embeddings.requires_grad ? embeddings.detach().requires_grad_(true) : embeddings;
        for (var i = 0; i < _layers.Count; i++)
        {
            var (layer, input) = (_layers[i], hidden);
            hidden = LayerRunner is null ? layer.Forward(hidden, rotary, context) : LayerRunner(states => layer.Forward(states, rotary, context), hidden);
            observer?.Invoke($"layer_{i}_out", hidden);
            if (i > 0)
            {
                input.Dispose();
            }
        }

        return Norm.forward(hidden).MoveToOuterDisposeScope();
    }
}

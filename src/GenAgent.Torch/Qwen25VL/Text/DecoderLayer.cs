using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Text;

/// <summary>A decoder layer: attention and gated MLP, each after a norm and around a residual.</summary>
internal sealed class DecoderLayer : Layer
{
    public DecoderLayer(Qwen25TextConfig config, int layer, Device device, ScalarType dtype)
        : base(nameof(DecoderLayer))
    {
        Attention = new TextAttention(config, layer, device, dtype);
        Mlp = new GatedMlp(config.HiddenSize, config.IntermediateSize, bias: false, device, dtype);
        AttentionNorm = new RmsNorm(config.HiddenSize, config.RmsNormEps, device, dtype);
        MlpNorm = new RmsNorm(config.HiddenSize, config.RmsNormEps, device, dtype);
        register_module("self_attn", Attention);
        register_module("mlp", Mlp);
        register_module("input_layernorm", AttentionNorm);
        register_module("post_attention_layernorm", MlpNorm);
    }

    public TextAttention Attention { get; }

    public GatedMlp Mlp { get; }

    public RmsNorm AttentionNorm { get; }

    public RmsNorm MlpNorm { get; }

    /// <summary><c>[batch, tokens, hidden]</c> to the same shape.</summary>
    public Tensor Forward(Tensor hidden, RotaryTable rotary, IAttentionContext context)
    {
        using var scope = NewDisposeScope();
        var attended = hidden.Plus(Attention.Forward(AttentionNorm.forward(hidden), rotary, context));
        return attended.Plus(Mlp.Forward(MlpNorm.forward(attended))).MoveToOuterDisposeScope();
    }
}

using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Vision;

/// <summary>A block of the tower: attention and gated MLP, each after a norm and around a residual.</summary>
internal sealed class VisionBlock : Layer
{
    /// <summary>The tower's norms use this value regardless of the configuration.</summary>
    public const double NormEps = 1e-6;

    public VisionBlock(Qwen25VisionConfig config, Device device, ScalarType dtype)
        : base(nameof(VisionBlock))
    {
        AttentionNorm = new RmsNorm(config.HiddenSize, NormEps, device, dtype);
        MlpNorm = new RmsNorm(config.HiddenSize, NormEps, device, dtype);
        Attention = new VisionAttention(config, device, dtype);
        Mlp = new GatedMlp(config.HiddenSize, config.IntermediateSize, bias: true, device, dtype);
        register_module("norm1", AttentionNorm);
        register_module("norm2", MlpNorm);
        register_module("attn", Attention);
        register_module("mlp", Mlp);
    }

    public RmsNorm AttentionNorm { get; }

    public RmsNorm MlpNorm { get; }

    public VisionAttention Attention { get; }

    public GatedMlp Mlp { get; }

    /// <summary><c>[patches, hidden]</c> to the same shape; cos and sin <c>[patches, 1, head size]</c>, fp32.</summary>
    public Tensor Forward(Tensor hidden, Tensor cos, Tensor sin, VisionSegments segments)
    {
        using var scope = NewDisposeScope();
        var attended = hidden.Plus(Attention.Forward(AttentionNorm.forward(hidden), cos, sin, segments));
        return attended.Plus(Mlp.Forward(MlpNorm.forward(attended))).MoveToOuterDisposeScope();
    }
}

/// <summary>Multi-head attention of the tower: one matrix for q, k and v, two-dimensional rotary positions in fp32.</summary>
internal sealed class VisionAttention : Layer
{
    private readonly int _heads;
    private readonly int _headSize;

    public VisionAttention(Qwen25VisionConfig config, Device device, ScalarType dtype)
        : base(nameof(VisionAttention))
    {
        (_heads, _headSize) = (config.Heads, config.HeadSize);
        QueryKeyValue = new Linear(config.HiddenSize, 3 * config.HiddenSize, bias: true, device, dtype);
        Output = new Linear(config.HiddenSize, config.HiddenSize, bias: true, device, dtype);
        register_module("qkv", QueryKeyValue);
        register_module("proj", Output);
    }

    public Linear QueryKeyValue { get; }

    public Linear Output { get; }

    /// <summary><c>[patches, hidden]</c> to the same shape.</summary>
    public Tensor Forward(Tensor hidden, Tensor cos, Tensor sin, VisionSegments segments)
    {
        var states = QueryKeyValue.forward(hidden).view(hidden.shape[0], 3, _heads, _headSize).unbind(1);
        return Output.forward(segments.Attend(Turned(states[0]), Turned(states[1]), states[2]));

        Tensor Turned(Tensor state) => Rotary.Apply(state.to(ScalarType.Float32), cos, sin).to(hidden.dtype);
    }
}

using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Vision;

/// <summary>Makes one image feature of each block of merge x merge patches.</summary>
internal sealed class PatchMerger : Layer
{
    private readonly long _together;

    public PatchMerger(Qwen25VisionConfig config, ScalarType dtype, Device device)
        : base(nameof(PatchMerger))
    {
        var width = config.HiddenSize * config.MergeSize * config.MergeSize;
        _together = width;
        Norm = new RmsNorm(config.HiddenSize, VisionBlock.NormEps, dtype, device);
        First = new Projection(width, width, bias: true, dtype, device);
        Second = new Projection(width, config.OutHiddenSize, bias: true, dtype, device);
        register_module("ln_q", Norm);
        register_module("mlp", new Mlp(First, Second));
    }

    public RmsNorm Norm { get; }

    public Projection First { get; }

    public Projection Second { get; }

    /// <summary><c>[patches, hidden]</c> to <c>[features, out hidden]</c>; the patches of a feature stand together.</summary>
    public Tensor Forward(Tensor hidden) =>
        Second.Forward(nn.functional.gelu(First.Forward(Norm.Forward(hidden).view(-1, _together))));

    /// <summary>Only provides the parameter names of the checkpoints: 0 and 2, with the activation between.</summary>
    private sealed class Mlp : Layer
    {
        public Mlp(Projection first, Projection second)
            : base(nameof(Mlp))
        {
            register_module("0", first);
            register_module("2", second);
        }
    }
}

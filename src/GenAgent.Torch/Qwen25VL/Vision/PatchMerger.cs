using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Vision;

/// <summary>Makes one image feature of each block of merge x merge patches.</summary>
internal sealed class PatchMerger : Layer
{
    private readonly long _together;

    public PatchMerger(Qwen25VisionConfig config, Device device, ScalarType dtype)
        : base(nameof(PatchMerger))
    {
        var width = config.HiddenSize * config.MergeSize * config.MergeSize;
        _together = width;
        Norm = new RmsNorm(config.HiddenSize, VisionBlock.NormEps, device, dtype);
        First = new Linear(width, width, bias: true, device, dtype);
        Second = new Linear(width, config.OutHiddenSize, bias: true, device, dtype);
        register_module("ln_q", Norm);
        register_module("mlp", new NameScope(("0", First), ("2", Second)));
    }

    public RmsNorm Norm { get; }

    public Linear First { get; }

    public Linear Second { get; }

    /// <summary><c>[patches, hidden]</c> to <c>[features, out hidden]</c>; the patches of a feature stand together.</summary>
    public Tensor Forward(Tensor hidden) =>
        Second.forward(nn.functional.gelu(First.forward(Norm.forward(hidden).view(-1, _together))));
}

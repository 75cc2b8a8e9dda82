using static TorchSharp.torch;

namespace GenAgent.Torch.Layers;

/// <summary>A level of the published parameter names that computes nothing itself, such as <c>net</c> and <c>0</c> in <c>ff.net.0.proj</c>.</summary>
internal sealed class NameScope : Layer
{
    public NameScope(params (string Name, nn.Module Module)[] children)
        : base(nameof(NameScope))
    {
        foreach (var (name, module) in children) register_module(name, module);
    }
}

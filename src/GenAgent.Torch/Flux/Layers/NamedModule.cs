using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Layers;

/// <summary>
/// A module whose parts bear the published names that its constructor gives them.
/// TorchSharp would register every field again under the field's name; that is turned off here.
/// </summary>
internal abstract class NamedModule(string name) : nn.Module(name)
{
    protected sealed override void RegisterComponents()
    {
    }
}

/// <summary>A <see cref="NamedModule"/> from one tensor to one tensor.</summary>
internal abstract class NamedMap(string name) : nn.Module<Tensor, Tensor>(name)
{
    protected sealed override void RegisterComponents()
    {
    }
}

using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Layers;

/// <summary>
/// A module whose parts have the published names that its constructor registers. TorchSharp would also register every field under the field's name; this
/// class turns that off.
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

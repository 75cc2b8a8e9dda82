using static TorchSharp.torch;

namespace GenAgent.Torch.Layers;

/// <summary>A module whose parts have exactly the names that it registers, those of the checkpoints; TorchSharp adds none for fields.</summary>
public abstract class Layer : nn.Module
{
    private protected Layer(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    protected sealed override void RegisterComponents()
    {
    }
}

/// <summary>A <see cref="Layer"/> from one tensor to one tensor.</summary>
internal abstract class MapLayer(string name) : nn.Module<Tensor, Tensor>(name)
{
    protected sealed override void RegisterComponents()
    {
    }
}

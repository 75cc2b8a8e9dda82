using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>A module whose parts have exactly the names that it registers, those of the checkpoints, and none taken from its fields.</summary>
public abstract class Layer : nn.Module
{
    private protected Layer(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
    }
}

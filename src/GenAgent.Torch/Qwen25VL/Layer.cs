using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>A module whose parts have exactly the names that it registers, those of the checkpoints; TorchSharp adds none for fields.</summary>
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

    /// <summary>
    /// Fills a weight with normal numbers of mean 0. They are drawn in fp32 on the CPU, so that the initial weights are the same on every device.
    /// </summary>
    private protected static void Draw(Parameter weight, double deviation, Generator generator)
    {
        using var noGrad = no_grad();
        using var drawn = empty(weight.shape, dtype: ScalarType.Float32).normal_(0, deviation, generator);
        weight.copy_(drawn);
    }
}

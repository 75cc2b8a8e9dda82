using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>The SiLU-gated MLP that both the tower (with biases) and the language model (without) use.</summary>
internal sealed class GatedMlp : Layer
{
    public GatedMlp(int width, int inner, bool bias, Device device, ScalarType dtype)
        : base(nameof(GatedMlp))
    {
        Gate = new Linear(width, inner, bias, device, dtype);
        Up = new Linear(width, inner, bias, device, dtype);
        Down = new Linear(inner, width, bias, device, dtype);
        register_module("gate_proj", Gate);
        register_module("up_proj", Up);
        register_module("down_proj", Down);
    }

    public Linear Gate { get; }

    public Linear Up { get; }

    public Linear Down { get; }

    /// <summary><c>[..., width]</c> to the same shape.</summary>
    public Tensor Forward(Tensor input) => Down.forward(nn.functional.silu(Gate.forward(input)) * Up.forward(input));
}

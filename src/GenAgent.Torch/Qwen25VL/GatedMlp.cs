using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>The SiLU-gated MLP that both the tower (with biases) and the language model (without) use.</summary>
internal sealed class GatedMlp : Layer
{
    public GatedMlp(int width, int inner, bool bias, ScalarType dtype, Device device)
        : base(nameof(GatedMlp))
    {
        Gate = new Projection(width, inner, bias, dtype, device);
        Up = new Projection(width, inner, bias, dtype, device);
        Down = new Projection(inner, width, bias, dtype, device);
        register_module("gate_proj", Gate);
        register_module("up_proj", Up);
        register_module("down_proj", Down);
    }

    public Projection Gate { get; }

    public Projection Up { get; }

    public Projection Down { get; }

    /// <summary><c>[..., width]</c> to the same shape.</summary>
    public Tensor Forward(Tensor input) => Down.Forward(nn.functional.silu(Gate.Forward(input)) * Up.Forward(input));
}

using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Lora;

/// <summary>One low-rank update: the weight plus scale x B x A.</summary>
/// <param name="A"><c>[rank, inputs]</c>.</param>
/// <param name="B"><c>[outputs, rank]</c>.</param>
/// <param name="Scale">alpha / rank, or alpha / sqrt(rank) for rank-stabilised adapters.</param>
internal sealed record LoraPair(Parameter A, Parameter B, double Scale)
{
    /// <summary><c>[..., inputs]</c> to what is added to the layer's output, <c>[..., outputs]</c>, in the input's dtype.</summary>
    public Tensor Forward(Tensor input)
    {
        var narrow = nn.functional.linear(input.to(A.dtype), A);
        return nn.functional.linear(narrow, B).Times(Scale).to(input.dtype);
    }

    /// <summary>What is added to the weight, <c>[outputs, inputs]</c>, fp32.</summary>
    public Tensor Delta() => matmul(B.to(ScalarType.Float32), A.to(ScalarType.Float32)).Times(Scale);
}

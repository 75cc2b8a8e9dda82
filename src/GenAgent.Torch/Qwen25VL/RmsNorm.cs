using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>Scales each vector to a mean square of one, in fp32 whatever the input's dtype, then by a learned weight in that dtype.</summary>
internal sealed class RmsNorm : Layer
{
    private readonly Parameter _weight;
    private readonly double _eps;

    public RmsNorm(int width, double eps, ScalarType dtype, Device device)
        : base(nameof(RmsNorm))
    {
        _eps = eps;
        _weight = LastingParameter.Of(empty(width, dtype: dtype, device: device));
        register_parameter("weight", _weight);
    }

    /// <summary><c>[width]</c>.</summary>
    public Parameter Weight => _weight;

    /// <summary>Added to the mean square.</summary>
    public double Eps => _eps;

    /// <summary><c>[..., width]</c> to the same shape and dtype.</summary>
    public Tensor Forward(Tensor input)
    {
        var wide = input.to(ScalarType.Float32);
        var scale = wide.Squared().mean([-1], keepdim: true).Plus(_eps).rsqrt();
        return _weight * (wide * scale).to(input.dtype);
    }

    /// <summary>Sets the weight to one.</summary>
    public void Initialize()
    {
        using var noGrad = no_grad();
        _weight.FillInPlace(1);
    }
}

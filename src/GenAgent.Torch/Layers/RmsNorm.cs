using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace GenAgent.Torch.Layers;

/// <summary>Root-mean-square normalisation of the last dimension, with a learned gain and no mean; computed in fp32 whatever the input's dtype.</summary>
internal sealed class RmsNorm : nn.Module<Tensor, Tensor>
{
    private readonly double _epsilon;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    public RmsNorm(long size, double epsilon, Device? device = null, ScalarType? dtype = null)
        : base(nameof(RmsNorm))
    {
        _epsilon = epsilon;
        _weight = LastingParameter.Unset(device, dtype, size);
        RegisterComponents();
    }

    /// <summary><c>[size]</c>.</summary>
    public Parameter Weight => _weight;

    /// <summary>Added to the mean square.</summary>
    public double Epsilon => _epsilon;

    /// <summary><c>[..., size]</c> to the same shape.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var normed = Normalise(input, _epsilon);

        // As in T5LayerNorm, an fp32 residual stream continues in the weights' half precision.
        return (_weight.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? normed.to(_weight.dtype) * _weight : normed * _weight).MoveToOuterDisposeScope();
    }

    /// <summary><paramref name="input"/> over its root mean square, in the dtype of <paramref name="input"/>.</summary>
    public static Tensor Normalise(Tensor input, double epsilon)
    {
        using var scope = NewDisposeScope();
        var full = input.to(ScalarType.Float32);
        var inverse = full.Squared().mean([-1], keepdim: true).PlusInPlace(epsilon).rsqrt_();
        return (full * inverse).to(input.dtype).MoveToOuterDisposeScope();
    }
}

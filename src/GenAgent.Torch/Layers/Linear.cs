using GenAgent.Torch.Packed;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace GenAgent.Torch.Layers;

/// <summary>
/// An affine map of the last dimension, whose matrix may be packed in few bits and corrected by a low-rank adapter. The weights are uninitialized: a
/// checkpoint or an initializer fills them, so that building a large model wastes no time on random numbers.
/// </summary>
public sealed class Linear : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    /// <summary>Creates the map; its values are unset.</summary>
    /// <param name="inFeatures">Size of the input's last dimension.</param>
    /// <param name="outFeatures">Size of the output's last dimension.</param>
    /// <param name="bias">Whether a learned vector is added.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    public Linear(long inFeatures, long outFeatures, bool bias = true, Device? device = null, ScalarType? dtype = null)
        : base(nameof(Linear))
    {
        _weight = LastingParameter.Unset(LeftOut.For(device), dtype, outFeatures, inFeatures);
        _bias = bias ? LastingParameter.Unset(device, dtype, outFeatures) : null;
        RegisterComponents();
    }

    /// <summary><c>[out, in]</c>; on the device <c>meta</c>, without memory, while the matrix is packed.</summary>
    public Parameter Weight => _weight;

    /// <summary><c>[out]</c>, or null for a map without one.</summary>
    public Parameter? Bias => _bias;

    /// <summary>The type that inputs and outputs have.</summary>
    internal ScalarType Dtype => _weight.dtype;

    /// <summary>Where the layer computes.</summary>
    internal Device Device => Packed?.Device ?? _weight.device;

    /// <summary>The packed matrix, owned by the layer; null where it holds its weight.</summary>
    internal PackedWeight? Packed { get; set; }

    /// <summary>A low-rank correction that is added to the output, or null. Whoever sets it owns it.</summary>
    public LoraPair? Adapter { get; set; }

    /// <summary>The type that the product is computed in, where it is not that of the weights (mixed precision); sums and results keep theirs.</summary>
    internal ScalarType? ProductType { get; set; }

    /// <summary><c>[..., in]</c> to <c>[..., out]</c>.</summary>
    /// <param name="input"><c>[..., in]</c>.</param>
    /// <returns><c>[..., out]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        if (Adapter is null && Packed is null) return MatrixProduct.Linear(input, _weight, _bias, ProductType);
        using var scope = NewDisposeScope();
        var output = MatrixProduct.Linear(input, Packed?.Widen(input.dtype) ?? _weight, _bias, ProductType);
        return (Adapter is null ? output : output.Plus(Adapter.Forward(input))).MoveToOuterDisposeScope();
    }

    /// <summary>Allocates the weight that was not allocated when the layer was built.</summary>
    internal void AllocateWeight(Device? device)
    {
        var allocated = LastingParameter.Unset(device, _weight.dtype, _weight.shape);
        allocated.requires_grad = _weight.requires_grad;
        _weight.Dispose();
        _weight = allocated;
        ConditionallyRegisterParameter("weight", allocated);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Packed?.Dispose();
        base.Dispose(disposing);
    }
}

using GenAgent.Torch.Packed;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Layers;

/// <summary>
/// An affine map of the last dimension. The weights are uninitialized: a checkpoint or <see cref="FluxInitializer"/> fills them, so that building a large
/// model wastes no time on random numbers.
/// </summary>
public sealed class Linear : nn.Module<Tensor, Tensor>, IPackable
{
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    /// <summary>Creates the map; its values are unset.</summary>
    public Linear(long inFeatures, long outFeatures, bool bias = true, Device? device = null, ScalarType? dtype = null)
        : base(nameof(Linear))
    {
        _weight = UnsetParameter.Of(LeftOut.For(device), dtype, outFeatures, inFeatures);
        _bias = bias ? UnsetParameter.Of(device, dtype, outFeatures) : null;
        RegisterComponents();
    }

    /// <summary><c>[out, in]</c>.</summary>
    public Parameter Weight => _weight;

    /// <summary><c>[out]</c>, or null for a map without one.</summary>
    public Parameter? Bias => _bias;

    /// <summary>The type that inputs and outputs have.</summary>
    internal ScalarType Dtype => _weight.dtype;

    /// <summary>Where the layer computes.</summary>
    internal Device Device => Packed?.Device ?? _weight.device;

    /// <summary>The packed matrix, owned by the layer; null where it holds its weight.</summary>
    internal PackedWeight? Packed { get; set; }

    PackedWeight? IPackable.Packed
    {
        get => Packed;
        set => Packed = value;
    }

    /// <summary>A low-rank correction that is added to the output, or null. Whoever sets it owns it.</summary>
    public LoraAdapter? Adapter { get; set; }

    /// <summary><c>[..., in]</c> to <c>[..., out]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        if (Adapter is null && Packed is null) return nn.functional.linear(input, _weight, _bias);
        using var scope = NewDisposeScope();
        var output = nn.functional.linear(input, Packed?.Widen(input.dtype) ?? _weight, _bias);
        return (Adapter is null ? output : output.Plus(Adapter.Forward(input))).MoveToOuterDisposeScope();
    }

    void IPackable.Hold(Device? device)
    {
        var held = UnsetParameter.Of(device, _weight.dtype, _weight.shape);
        held.requires_grad = _weight.requires_grad;
        _weight.Dispose();
        _weight = held;
        ConditionallyRegisterParameter("weight", held);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Packed?.Dispose();
        base.Dispose(disposing);
    }
}

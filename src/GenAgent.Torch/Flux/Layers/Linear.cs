using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Layers;

/// <summary>
/// An affine map of the last dimension. The weights are left unset: a checkpoint or <see cref="FluxInitializer"/> fills them,
/// so that building a large model costs no time for random numbers that are thrown away.
/// </summary>
public sealed class Linear : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    /// <summary>Creates the map; its values are unset.</summary>
    public Linear(long inFeatures, long outFeatures, bool bias = true, Device? device = null, ScalarType? dtype = null)
        : base(nameof(Linear))
    {
        _weight = UnsetParameter.Of(device, dtype, outFeatures, inFeatures);
        _bias = bias ? UnsetParameter.Of(device, dtype, outFeatures) : null;
        RegisterComponents();
    }

    /// <summary><c>[out, in]</c>.</summary>
    public Parameter Weight => _weight;

    /// <summary><c>[out]</c>, or null for a map without one.</summary>
    public Parameter? Bias => _bias;

    /// <summary>A low-rank correction that is added to the output, or null. Whoever sets it owns it.</summary>
    public LoraAdapter? Adapter { get; set; }

    /// <summary><c>[..., in]</c> to <c>[..., out]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        if (Adapter is null) return nn.functional.linear(input, _weight, _bias);
        using var scope = NewDisposeScope();
        return nn.functional.linear(input, _weight, _bias).Plus(Adapter.Forward(input)).MoveToOuterDisposeScope();
    }
}

using GenAgent.Torch.Packed;
using GenAgent.Torch.Qwen25VL.Lora;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>A linear layer with an optional low-rank adapter. Its weights are uninitialized: load them or call <see cref="Initialize"/>.</summary>
internal sealed class Projection : Layer, IPackable
{
    private Parameter _weight;
    private readonly Parameter? _bias;

    public Projection(int inputs, int outputs, bool bias, ScalarType dtype, Device device)
        : base(nameof(Projection))
    {
        _weight = LastingParameter.Of(empty(outputs, inputs, dtype: dtype, device: LeftOut.For(device)));
        register_parameter("weight", _weight);
        if (bias)
        {
            _bias = LastingParameter.Of(empty(outputs, dtype: dtype, device: device));
            register_parameter("bias", _bias);
        }
    }

    /// <summary><c>[outputs, inputs]</c>.</summary>
    public Parameter Weight => _weight;

    /// <summary><c>[outputs]</c>, or null.</summary>
    public Parameter? Bias => _bias;

    /// <inheritdoc/>
    public PackedWeight? Packed { get; set; }

    /// <summary>The adapter beside the weight, owned by its <see cref="LoraAdapter"/>; null when there is none or it is merged.</summary>
    public LoraPair? Adapter { get; set; }

    /// <summary><c>[..., inputs]</c> to <c>[..., outputs]</c>.</summary>
    public Tensor Forward(Tensor input)
    {
        using var wide = Packed?.Widen(input.dtype);
        var output = nn.functional.linear(input, wide ?? _weight, _bias);
        return Adapter is { } adapter ? output.Plus(adapter.Forward(input)) : output;
    }

    /// <inheritdoc/>
    public void Hold(Device? device)
    {
        var held = LastingParameter.Of(empty(_weight.shape, dtype: _weight.dtype, device: device));
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

    /// <summary>Normal weights of the given deviation, zero bias.</summary>
    public void Initialize(double deviation, Generator generator)
    {
        using var noGrad = no_grad();
        Draw(_weight, deviation, generator);
        _bias?.zero_();
    }
}

using static TorchSharp.torch;

namespace GenAgent.Torch.Layers;

/// <summary>A low-rank correction of one <see cref="Linear"/>: <c>scale * (up(down(x)) + bias)</c>. Owns its tensors.</summary>
public sealed class LoraPair : IDisposable
{
    /// <summary>Takes over the tensors.</summary>
    /// <param name="down">PEFT's A, <c>[rank, in]</c>.</param>
    /// <param name="up">PEFT's B, <c>[out, rank]</c>.</param>
    /// <param name="scale">Strength times alpha over rank.</param>
    public LoraPair(Tensor down, Tensor up, double scale)
        : this(down, up, bias: null, scale)
    {
    }

    /// <summary>Takes over the tensors.</summary>
    /// <param name="down">PEFT's A, <c>[rank, in]</c>.</param>
    /// <param name="up">PEFT's B, <c>[out, rank]</c>.</param>
    /// <param name="bias">PEFT's bias of B, <c>[out]</c>; null for none.</param>
    /// <param name="scale">Strength times alpha over rank.</param>
    internal LoraPair(Tensor down, Tensor up, Tensor? bias, double scale)
    {
        Down = down.DetachFromDisposeScope();
        Up = up.DetachFromDisposeScope();
        Bias = bias?.DetachFromDisposeScope();
        Scale = scale;
    }

    /// <summary><c>[rank, in]</c>.</summary>
    public Tensor Down { get; }

    /// <summary><c>[out, rank]</c>.</summary>
    public Tensor Up { get; }

    internal Tensor? Bias { get; }

    /// <summary>Strength times alpha over rank, or over its square root for rank-stabilised adapters.</summary>
    public double Scale { get; }

    /// <summary><c>[..., in]</c> to what is added to the layer's output, <c>[..., out]</c>, in the input's dtype.</summary>
    /// <param name="input"><c>[..., in]</c>.</param>
    /// <returns><c>[..., out]</c>.</returns>
    public Tensor Forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var narrow = nn.functional.linear(input.to(Down.dtype), Down);
        return nn.functional.linear(narrow, Up, Bias).Times(Scale).to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>What is added to the weight, <c>[out, in]</c>, fp32.</summary>
    internal Tensor Delta() => matmul(Up.to(ScalarType.Float32), Down.to(ScalarType.Float32)).Times(Scale);

    /// <inheritdoc/>
    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
        Bias?.Dispose();
    }
}

using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Layers;

/// <summary>A low-rank correction of one <see cref="Linear"/>: <c>scale * up(down(x))</c>. Owns its tensors.</summary>
internal sealed class LoraAdapter : IDisposable
{
    /// <summary>Takes over the tensors.</summary>
    /// <param name="down">PEFT's A, <c>[rank, in]</c>.</param>
    /// <param name="up">PEFT's B, <c>[out, rank]</c>.</param>
    /// <param name="scale">Strength times alpha over rank.</param>
    public LoraAdapter(Tensor down, Tensor up, double scale)
    {
        Down = down.DetachFromDisposeScope();
        Up = up.DetachFromDisposeScope();
        Scale = scale;
    }

    public Tensor Down { get; }

    public Tensor Up { get; }

    public double Scale { get; }

    public Tensor Forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var narrow = nn.functional.linear(input, Down);
        return nn.functional.linear(narrow, Up).Times(Scale).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }
}

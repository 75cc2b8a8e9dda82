using static TorchSharp.torch;

namespace GenAgent.Training.Optimization;

/// <summary>The position of a parameter in the flat buffers of a <see cref="FlatParameters"/>.</summary>
/// <param name="Name">The parameter's full name.</param>
/// <param name="Shape">The parameter's shape.</param>
/// <param name="Offset">First element in the buffer.</param>
/// <param name="Length">Number of elements.</param>
public sealed record ParameterSlot(string Name, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>This parameter's part of a flat buffer, in the parameter's shape; shares the buffer's memory.</summary>
    /// <param name="buffer">A flat buffer of all parameters.</param>
    /// <returns>A view of the parameter's shape.</returns>
    public Tensor View(Tensor buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        using var part = buffer.narrow(0, Offset, Length);
        return part.view([.. Shape]);
    }
}

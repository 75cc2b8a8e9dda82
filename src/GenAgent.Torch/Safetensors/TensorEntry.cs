namespace GenAgent.Torch.Safetensors;

/// <summary>One tensor as a file's header describes it.</summary>
/// <param name="Name">The tensor's name, unique in its source.</param>
/// <param name="Type">Element type on disk.</param>
/// <param name="Shape">Sizes of the dimensions; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, counted from the end of the header.</param>
/// <param name="Length">How many bytes it has.</param>
public sealed record TensorEntry(string Name, SafetensorsType Type, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>The number of elements: the product of <see cref="Shape"/>, 1 for a scalar.</summary>
    public long ElementCount => Length / SafetensorsTypes.SizeOf(Type);

    /// <summary>Name, type and shape, for messages: <c>lm_head.weight BF16 [100, 64]</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Name} {SafetensorsTypes.NameOf(Type)} [{string.Join(", ", Shape)}]";
}

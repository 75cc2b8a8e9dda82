using GenAgent.Torch.Packed;
using static TorchSharp.torch;

namespace GenAgent.Torch.Safetensors;

/// <summary>Named tensors that can be read one by one. Reads may run on several threads at once; the creator disposes.</summary>
/// <remarks>Wrap it to rename, split or join tensors of another key layout.</remarks>
public interface IWeightSource : IDisposable
{
    /// <summary>The file or folder, for messages.</summary>
    string Location { get; }

    /// <summary>All tensors, without their content.</summary>
    IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>Reads one tensor; the caller disposes it.</summary>
    /// <param name="name">A name of <see cref="Entries"/>.</param>
    /// <param name="dtype">The type wanted; by default the one on disk (unsigned and 8-bit float types, which torch lacks here, the next wider one).</param>
    /// <param name="device">Where it is wanted; by default the CPU.</param>
    /// <returns>A tensor of the file's shape.</returns>
    /// <exception cref="SafetensorsException">There is no tensor of that name.</exception>
    Tensor Read(string name, ScalarType? dtype = null, Device? device = null);

    /// <summary>Reads one tensor into another of the same shape, of any type and on any device.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="target">What is written to.</param>
    /// <exception cref="SafetensorsException">There is no tensor of that name, or its shape is another.</exception>
    void ReadInto(string name, Tensor target);

    /// <summary>Whether some matrices are packed in few bits (fp8, GGUF).</summary>
    internal bool HasPacked => false;

    /// <summary>Some rows of a packed matrix as they are stored; null for a tensor that is not packed.</summary>
    internal PackedWeight? ReadPacked(string name, long firstRow, long rows) => null;

    /// <summary>Bytes of a packed matrix; null for a tensor that is not packed.</summary>
    /// <param name="name">The name.</param>
    internal long? PackedBytes(string name) => null;
}

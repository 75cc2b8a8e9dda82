using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Training.Checkpoints;

/// <summary>A checkpoint opened for reading; its content has been checked against its digest.</summary>
public sealed class Checkpoint : IDisposable
{
    private readonly SafetensorsFile _file;

    internal Checkpoint(SafetensorsFile file, long step)
    {
        _file = file;
        Step = step;
    }

    /// <summary>Optimizer steps taken when it was written.</summary>
    public long Step { get; }

    /// <summary>The file.</summary>
    public string Path => _file.Location;

    /// <summary>The text that was written with it.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _file.Metadata;

    /// <summary>Copies a tensor into another of the same shape.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="target">What is written to.</param>
    /// <exception cref="SafetensorsException">There is no such tensor, or its shape is another.</exception>
    public void ReadInto(string name, Tensor target) => _file.ReadInto(name, target);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}

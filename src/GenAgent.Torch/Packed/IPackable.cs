using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Packed;

/// <summary>A linear layer that can keep its matrix packed. Otherwise it has an ordinary weight.</summary>
internal interface IPackable
{
    /// <summary><c>[outputs, inputs]</c>; on the device <c>meta</c>, without memory, while the matrix is packed.</summary>
    Parameter Weight { get; }

    /// <summary>The packed matrix, owned by the layer; null where it holds its weight.</summary>
    PackedWeight? Packed { get; set; }

    /// <summary>Allocates the weight that was not allocated when the layer was built.</summary>
    void Hold(Device? device);
}

/// <summary>Builds layers without memory for their matrices.</summary>
internal static class LeftOut
{
    [ThreadStatic]
    private static bool _active;

    /// <summary>While it is open, layers built on this thread do not allocate their matrices.</summary>
    public static IDisposable Weights() => new Scope();

    /// <summary>The device on which a layer built now allocates its matrix.</summary>
    public static Device? For(Device? device) => _active ? META : device;

    private sealed class Scope : IDisposable
    {
        public Scope() => _active = true;

        public void Dispose() => _active = false;
    }
}

using static TorchSharp.torch;

namespace GenAgent.Torch.Packed;

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

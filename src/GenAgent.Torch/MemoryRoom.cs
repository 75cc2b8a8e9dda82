using System.Globalization;
using static TorchSharp.torch;

namespace GenAgent.Torch;

/// <summary>Compares what weights need with the memory that there is, before any is taken.</summary>
internal static class MemoryRoom
{
    private const double Gibibyte = 1L << 30;

    /// <summary>A size for people, in GiB.</summary>
    public static string Say(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / Gibibyte:0.00} GiB");

    /// <summary>Fails if weights can never fit into the memory of this machine. Of a GPU's memory torch says so itself.</summary>
    /// <exception cref="InvalidOperationException">They cannot; the message has both sizes.</exception>
    public static void Require(string what, long bytes, Device device)
    {
        var room = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (device.type == TorchSharp.DeviceType.CPU && bytes > room)
            throw new InvalidOperationException(
                $"{what} needs {Say(bytes)} of memory for its weights, but there are {Say(room)}: take a file in fp8 or GGUF, or a smaller model "
                    + "(docs/models.md lists what fits).");
    }
}

using System.Globalization;
using GenAgent.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Training.Runs;

/// <summary>Where a model is trained.</summary>
public static class TrainingDevice
{
    /// <summary>Looks whether the device that <see cref="TrainingOptions.Device"/> names is there.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="InvalidDataException">It names none, or one that this machine or this build does not have.</exception>
    public static void Require(TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Open(options);
    }

    /// <summary>The device that <see cref="TrainingOptions.Device"/> names.</summary>
    /// <exception cref="InvalidDataException">It names none, or one that this machine or this build does not have.</exception>
    internal static Device Open(TrainingOptions options)
    {
        TorchNative.EnsureLoaded();
        var name = options.Device;
        if (string.Equals(name, "cpu", StringComparison.Ordinal)) return CPU;
        var index = GpuIndex(name)
            ?? throw new InvalidDataException($"training.device is \"{name}\": it takes cpu, cuda, or a GPU by its number, as in cuda:1.");
        if (!cuda.is_available())
            throw new InvalidDataException($"training.device is \"{name}\", but libtorch finds no GPU: it takes an NVIDIA driver and a build with CUDA "
                + $"(dotnet build -p:GenAgentTorch=cuda). Without, leave it at cpu.");
        if (index >= cuda.device_count())
            throw new InvalidDataException(
                $"training.device is \"{name}\", but the number of GPUs here is {cuda.device_count()}, and they are counted from 0.");
        return new Device(DeviceType.CUDA, index);
    }

    private static int? GpuIndex(string name) => name.Split(':') switch
    {
        ["cuda"] => 0,
        ["cuda", var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) => index,
        _ => null,
    };
}

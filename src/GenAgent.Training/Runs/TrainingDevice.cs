using static TorchSharp.torch;

namespace GenAgent.Training.Runs;

/// <summary>Where a model is trained.</summary>
internal static class TrainingDevice
{
    /// <summary>The device that <see cref="TrainingOptions.Device"/> names.</summary>
    /// <exception cref="InvalidDataException">It names none, or one that this machine or this build does not have.</exception>
    public static Device Open(TrainingOptions options)
    {
        var device = Parse(options.Device);
        if (device.type != TorchSharp.DeviceType.CUDA) return device;
        if (!cuda.is_available())
            throw new InvalidDataException($"training.device is \"{options.Device}\", but libtorch finds no GPU: it takes an NVIDIA driver and a build with CUDA (dotnet build -p:GenAgentTorch=cuda). Without, leave it at cpu.");
        if (device.index >= cuda.device_count())
            throw new InvalidDataException($"training.device is \"{options.Device}\", but there are {cuda.device_count()} GPUs, numbered from 0.");
        return device;
    }

    private static Device Parse(string name)
    {
        var parts = name.Split(':');
        var index = 0;
        return parts switch
        {
            ["cpu"] => CPU,
            ["cuda"] => CUDA,
            ["cuda", var number] when int.TryParse(number, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out index) => new Device(TorchSharp.DeviceType.CUDA, index),
            _ => throw new InvalidDataException($"training.device is \"{name}\": it takes cpu, cuda, or a GPU by its number, as in cuda:1."),
        };
    }
}

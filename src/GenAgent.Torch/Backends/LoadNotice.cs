using GenAgent.Models;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Safetensors;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace GenAgent.Torch.Backends;

/// <summary>Says what memory a chat model takes before it is loaded: to every user if it is a gigabyte or more, else to those who read logs.</summary>
internal static partial class LoadNotice
{
    private const long WorthSaying = 1L << 30;

    public static void Tell(ILoggerFactory loggers, string model, string folder, ScalarType? dtype, Device device, long cacheBytes)
    {
        long bytes;
        try
        {
            bytes = Qwen25VLCheckpoint.MemoryNeeded(folder, dtype, device);
        }
        catch (Exception fault) when (fault is SafetensorsException or InvalidDataException or IOException)
        {
            // Loading looks at every file in turn and names the first that is wrong.
            return;
        }

        Loading(
            loggers.CreateLogger(bytes >= WorthSaying ? ServerNotices.Category : typeof(LoadNotice).FullName!),
            model,
            MemoryRoom.Say(bytes),
            MemoryRoom.Say(cacheBytes));
    }

    [LoggerMessage(1, LogLevel.Information, "Loading {Model}: {Size} of memory for its weights, and up to {Cache} for keys and values.")]
    private static partial void Loading(ILogger logger, string model, string size, string cache);
}

using Microsoft.Extensions.Logging;

namespace GenAgent.Torch.Flux.Engine;

/// <summary>What the image engine logs.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Warning}")]
    public static partial void Warned(ILogger logger, string warning);

    [LoggerMessage(2, LogLevel.Debug, "Painting {Images} images of {Width} x {Height} in {Steps} steps")]
    public static partial void Painting(ILogger logger, int images, int width, int height, int steps);

    [LoggerMessage(3, LogLevel.Information, "The {Part} made room in memory ({Bytes} bytes) and will be read again when it is needed")]
    public static partial void Unloaded(ILogger logger, string part, long bytes);

    [LoggerMessage(5, LogLevel.Information, "Loading the {Part}: {Size} of memory")]
    public static partial void Loading(ILogger logger, string part, string size);

    [LoggerMessage(4, LogLevel.Error, "A batch of {Images} images failed")]
    public static partial void Failed(ILogger logger, Exception fault, int images);
}

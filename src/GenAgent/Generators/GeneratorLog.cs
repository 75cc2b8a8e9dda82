using Microsoft.Extensions.Logging;

namespace GenAgent.Generators;

/// <summary>What image generators log.</summary>
internal static partial class GeneratorLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Backend} could not be interrupted: {Reason}")]
    public static partial void InterruptFailed(ILogger logger, string backend, string reason);

    [LoggerMessage(2, LogLevel.Debug, "{Backend} gives no progress: {Reason}")]
    public static partial void NoProgress(ILogger logger, string backend, string reason);

    [LoggerMessage(3, LogLevel.Warning, "{Backend}: its WebSocket is not to be had, so the job is asked after instead: {Reason}")]
    public static partial void SocketLost(ILogger logger, string backend, string reason);

    [LoggerMessage(4, LogLevel.Warning, "{Generator} failed, {Next} is asked instead: {Reason}")]
    public static partial void FellBack(ILogger logger, string generator, string next, string reason);

    [LoggerMessage(5, LogLevel.Warning, "{Generator} failed and is asked again (attempt {Attempt}): {Reason}")]
    public static partial void Retried(ILogger logger, string generator, int attempt, string reason);

    [LoggerMessage(6, LogLevel.Warning, "{Backend} leaves out a part of the workflow: {Reason}")]
    public static partial void PartLeftOut(ILogger logger, string backend, string reason);

    [LoggerMessage(7, LogLevel.Debug, "An image was found in the cache: {Key}")]
    public static partial void CacheHit(ILogger logger, string key);

    [LoggerMessage(8, LogLevel.Warning, "A batch of {Requests} requests failed; each is painted alone: {Reason}")]
    public static partial void BatchFailed(ILogger logger, int requests, string reason);
}

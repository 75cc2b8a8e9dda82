using Microsoft.Extensions.Logging;

namespace GenAgent.Generators;

/// <summary>What image generators log.</summary>
internal static partial class GeneratorLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Backend} could not be interrupted: {Reason}")]
    public static partial void InterruptFailed(ILogger logger, string backend, string reason);

    [LoggerMessage(2, LogLevel.Debug, "{Backend} gives no progress: {Reason}")]
    public static partial void NoProgress(ILogger logger, string backend, string reason);

    [LoggerMessage(3, LogLevel.Warning, "{Backend}: WebSocket unavailable; polling the job instead: {Reason}")]
    public static partial void SocketLost(ILogger logger, string backend, string reason);

    [LoggerMessage(4, LogLevel.Warning, "{Generator} failed; falling back to {Next}: {Reason}")]
    public static partial void FellBack(ILogger logger, string generator, string next, string reason);

    [LoggerMessage(5, LogLevel.Warning, "{Generator} failed; retrying (attempt {Attempt}): {Reason}")]
    public static partial void Retried(ILogger logger, string generator, int attempt, string reason);

    [LoggerMessage(6, LogLevel.Warning, "{Backend} skips a part of the workflow: {Reason}")]
    public static partial void PartLeftOut(ILogger logger, string backend, string reason);

    [LoggerMessage(7, LogLevel.Debug, "An image was found in the cache: {Key}")]
    public static partial void CacheHit(ILogger logger, string key);

    [LoggerMessage(8, LogLevel.Warning, "A batch of {Requests} requests failed; generating each alone: {Reason}")]
    public static partial void BatchFailed(ILogger logger, int requests, string reason);
}

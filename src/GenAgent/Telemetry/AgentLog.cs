using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Telemetry;

/// <summary>The agent's log messages.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(1, LogLevel.Debug, "Run {TrajectoryId} begins, seed {Seed}")]
    public static partial void RunBegins(ILogger logger, string trajectoryId, string seed);

    [LoggerMessage(2, LogLevel.Information, "Run {TrajectoryId} ended after {Rounds} rounds: {StopReason}, {Images} images, {Faults} faults, {Seconds:F2} s")]
    public static partial void RunEnded(ILogger logger, string trajectoryId, int rounds, StopReason stopReason, int images, int faults, double seconds);

    [LoggerMessage(3, LogLevel.Warning, "Run {TrajectoryId}, round {Round}: {Kind}: {Message}")]
    public static partial void Fault(ILogger logger, Exception? exception, string trajectoryId, int round, FaultKind kind, string message);

    [LoggerMessage(4, LogLevel.Error, "Run {TrajectoryId}: the agent's model failed")]
    public static partial void ModelFailed(ILogger logger, Exception exception, string trajectoryId);

    [LoggerMessage(5, LogLevel.Warning, "Run {TrajectoryId}: the selector failed, which counts as no preference")]
    public static partial void SelectorFailed(ILogger logger, Exception exception, string trajectoryId);

    [LoggerMessage(6, LogLevel.Warning, "Images were requested as {Format}, but an agent must look at them: they are returned as image data")]
    public static partial void NotAsFormat(ILogger logger, ImageGenerationResponseFormat format);

    [LoggerMessage(
        7, LogLevel.Warning, "{Candidates} candidates a round are asked for, but the generator has a fixed seed: all images of one prompt are alike")]
    public static partial void CandidatesAreAlike(ILogger logger, int candidates);
}

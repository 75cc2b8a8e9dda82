using GenAgent.Trajectories;

namespace GenAgent.Agents;

/// <summary>A run ended before it made any image. The message says why; the trajectory has the record until then.</summary>
public sealed class NoImageException : Exception
{
    internal NoImageException(Trajectory trajectory, Exception? innerException)
        : base(Explain(trajectory), innerException) => Trajectory = trajectory;

    /// <summary>What happened until then.</summary>
    public Trajectory Trajectory { get; }

    /// <summary>Why the run ended.</summary>
    public StopReason StopReason => Trajectory.StopReason;

    internal static string Explain(Trajectory trajectory)
    {
        var why = trajectory.StopReason switch
        {
            StopReason.Declined => $"the agent answered in words alone: {trajectory.Rounds[^1].Answer}",
            StopReason.ModelFailed => $"the agent's model failed: {trajectory.Error}",
            StopReason.TokenBudget => "the token budget is spent; raise MaxTokens",
            StopReason.TimeBudget => "the time budget is spent; raise MaxSeconds",
            StopReason.Cancelled => "it was cancelled",
            _ =>
                trajectory.Faults.LastOrDefault() is { } fault
                    ? $"too many faults ({trajectory.StopReason}), the last one: {fault.Message}"
                    : trajectory.StopReason.ToString(),
        };
        return $"Run {trajectory.Id} made no image: {why}";
    }
}

/// <summary>A run was cancelled before it made any image.</summary>
public sealed class RunCanceledException : OperationCanceledException
{
    internal RunCanceledException(Trajectory trajectory, CancellationToken cancellationToken)
        : base(NoImageException.Explain(trajectory), cancellationToken) => Trajectory = trajectory;

    /// <summary>What happened until then.</summary>
    public Trajectory Trajectory { get; }
}

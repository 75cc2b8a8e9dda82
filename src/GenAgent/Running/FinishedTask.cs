namespace GenAgent.Running;

/// <summary>A task that a run is done with.</summary>
/// <typeparam name="TTask">A task.</typeparam>
/// <typeparam name="TOutcome">What a task ends with.</typeparam>
/// <param name="Task">The task.</param>
/// <param name="Outcome">What it ended with; null if a backend failed before there was anything to keep.</param>
/// <param name="IsResumed">Whether an earlier run did the task, and this one only found its outcome.</param>
/// <param name="Failure">The failure of a backend that ended the task after all retries; null for an outcome that counts, good or bad.</param>
public sealed record FinishedTask<TTask, TOutcome>(TTask Task, TOutcome? Outcome, bool IsResumed, Exception? Failure)
    where TOutcome : class;

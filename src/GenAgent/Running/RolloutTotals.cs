namespace GenAgent.Running;

/// <summary>What a run has done.</summary>
/// <param name="Total">Tasks in all.</param>
/// <param name="Resumed">Tasks that an earlier run did.</param>
/// <param name="Made">Tasks with an outcome of this run.</param>
/// <param name="Failed">Tasks that a backend failed; the next run tries them again.</param>
/// <param name="LastFailure">The last failure; null without any.</param>
public sealed record RolloutTotals(int Total, int Resumed, int Made, int Failed, Exception? LastFailure)
{
    /// <summary>The limit that ended the run before its end, as <c>the images</c>; null for none.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>Throws if a task failed: for consumers that need every outcome.</summary>
    /// <param name="noun">What the tasks are called.</param>
    /// <exception cref="RunStoppedException">A task failed.</exception>
    public void ThrowIfIncomplete(string noun)
    {
        if (Failed > 0)
        {
            throw new RunStoppedException(
                $"{Failed} of {Total} {noun} failed and are left for later; what is finished is kept: run the same command again. The last failure: "
                    + $"{LastFailure!.Message}", LastFailure!);
        }
    }
}

/// <summary>
/// A run stopped before its end, because backends failed. What is finished is kept. <see cref="Exception.InnerException"/> is the last failure.
/// </summary>
public sealed class RunStoppedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Why the run stopped.</param>
    /// <param name="cause">What failed.</param>
    public RunStoppedException(string message, Exception cause)
        : base(message, cause)
    {
    }
}

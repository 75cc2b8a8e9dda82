namespace GenAgent.Server.Jobs;

/// <summary>A job as the table has it. Immutable.</summary>
/// <param name="Id">Sorts by time of submission.</param>
/// <param name="State">Where it is.</param>
/// <param name="Request">What was asked for, without the bytes of its images.</param>
internal sealed record Job(string Id, JobState State, JobRequest Request)
{
    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Finished { get; init; }

    /// <summary>Why it failed; null if it did not.</summary>
    public string? Error { get; init; }

    /// <summary>What came of each sample; empty before the end.</summary>
    public IReadOnlyList<JobSample> Samples { get; init; } = [];

    /// <summary>How often a worker has begun it.</summary>
    public int Attempts { get; init; }

    public bool IsOver => State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}

/// <summary>Where a job is.</summary>
internal enum JobState
{
    /// <summary>It waits for a worker.</summary>
    Queued,

    /// <summary>A worker has it.</summary>
    Running,

    /// <summary>At least one sample has an image.</summary>
    Succeeded,

    /// <summary>No sample has an image.</summary>
    Failed,

    /// <summary>It was cancelled; samples may have images nevertheless.</summary>
    Cancelled,
}

/// <summary>What came of one of a job's samples.</summary>
/// <param name="Index">From 0.</param>
internal sealed record JobSample(int Index)
{
    /// <summary>The trajectory's id; null if there is none.</summary>
    public string? Trajectory { get; init; }

    /// <summary>The id of the image that the run returned; null if there is none.</summary>
    public string? Image { get; init; }

    /// <summary>The ids of all images of the run.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>The agent's last verdict; null if it gave none.</summary>
    public bool? Passed { get; init; }

    /// <summary>The agent's reason, or why there is no image.</summary>
    public string? Reason { get; init; }
}

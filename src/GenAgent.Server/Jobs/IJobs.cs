namespace GenAgent.Server.Jobs;

/// <summary>
/// Durable jobs. What <see cref="SubmitAsync"/> has returned ends exactly once, whichever process dies in between. Safe to use from many tasks at once.
/// </summary>
internal interface IJobs
{
    /// <summary>Accepts a job, or finds the one that the owner submitted with the same idempotency key.</summary>
    /// <exception cref="RefusedException">A field is wrong, a limit is reached, or the key was used for another request.</exception>
    Task<Job> SubmitAsync(JobRequest request, CancellationToken cancellationToken = default);

    /// <summary>A job; null if there is none of that id.</summary>
    Task<Job?> FindAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Jobs, newest first.</summary>
    Task<IReadOnlyList<Job>> ListAsync(JobFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Cancels a job; false if there is none, or it is over. One that runs ends as soon as its worker hears of it.</summary>
    Task<bool> CancelAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>The events after a sequence number: stored ones, then live ones, until the job is over.</summary>
    IAsyncEnumerable<JobEvent> EventsAsync(string id, long after = 0, CancellationToken cancellationToken = default);
}

/// <summary>Which jobs.</summary>
internal sealed record JobFilter
{
    public JobState? State { get; init; }

    /// <summary>The API key's id; null for all.</summary>
    public string? Owner { get; init; }

    public int Limit { get; init; } = 50;

    /// <summary>Only jobs with a smaller id; null for the newest.</summary>
    public string? Before { get; init; }
}

namespace GenAgent.Server.Jobs;

/// <summary>
/// Names jobs so that the order of the names is the order in which this process accepted the jobs, also within a millisecond. Safe to use from many threads.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class JobIds(TimeProvider time)
{
    private readonly Lock _lock = new();
    private string _last = string.Empty;

    /// <summary>A new name: a UUID of version 7, which begins with the time.</summary>
    public string Next()
    {
        lock (_lock)
        {
            string next;
            do next = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
            while (string.CompareOrdinal(next, _last) <= 0 && IsOfSameMillisecond(next, _last));
            return _last = next;
        }
    }

    // A clock that was set back starts a new order instead of a search without end.
    private static bool IsOfSameMillisecond(string next, string last) => last.StartsWith(next[..12], StringComparison.Ordinal);
}

namespace GenAgent.Running.Sharing;

/// <summary>Tells the user of a shared run once that nobody works on it.</summary>
internal sealed class WorkerWatch(string run, TimeProvider time, Action<string>? notice)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private long? _lonely;
    private bool _isTold;

    /// <summary>How often to look.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromSeconds(5);

    public void Look(BoardCounts counts)
    {
        if (counts.Waiting == 0 || counts.Held > 0)
        {
            (_lonely, _isTold) = (null, false);
            return;
        }

        _lonely ??= time.GetTimestamp();
        if (_isTold || time.GetElapsedTime(_lonely.Value) < Patience) return;
        _isTold = true;
        notice?.Invoke($"No worker takes the tasks of the shared run {run}: start \"genagent worker\" with the same database.");
    }
}

namespace GenAgent.Torch.Native;

/// <summary>
/// Knows which threads may be in native code, and lets a process end only after them: libtorch's global state is destroyed when a process exits, and
/// a thread that computes on crashes it. So a program that does not dispose of an engine ends in order, too. Thread-safe.
/// </summary>
public static class NativeWork
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<Entry> Entries = [];
    private static bool _watching;

    /// <summary>Notes that work begins, until the returned value is disposed of.</summary>
    /// <param name="ask">Asks the work to end; called when the process exits, for all work before the first wait.</param>
    /// <param name="wait">Returns when it has ended, or at once where the work itself called for the end of the process.</param>
    public static IDisposable Enter(Action ask, Action wait)
    {
        var entry = new Entry(ask, wait);
        lock (Gate)
        {
            Entries.Add(entry);
            if (!_watching) AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();
            _watching = true;
        }

        return entry;
    }

    private static void EndAll()
    {
        Entry[] entries;
        lock (Gate)
        {
            entries = [.. Entries];
        }

        foreach (var entry in entries) UnlessEnded(entry.Ask);
        foreach (var entry in entries) UnlessEnded(entry.Wait);
    }

    private static void UnlessEnded(Action end)
    {
        try
        {
            end();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    private sealed class Entry(Action ask, Action wait) : IDisposable
    {
        public Action Ask => ask;

        public Action Wait => wait;

        public void Dispose()
        {
            lock (Gate)
            {
                Entries.Remove(this);
            }
        }
    }
}

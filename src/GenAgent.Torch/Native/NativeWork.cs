namespace GenAgent.Torch.Native;

/// <summary>
/// Tracks the threads that may be in native code, and delays process exit until they end: libtorch destroys its global state at exit, and a thread that
/// still computes then crashes the process. So a program that does not dispose an engine also exits cleanly. Thread-safe.
/// </summary>
public static class NativeWork
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<Entry> Entries = [];
    private static bool _watching;

    /// <summary>Registers running work until the returned value is disposed.</summary>
    /// <param name="ask">Asks the work to end. When the process exits, it is called for all work before the first wait.</param>
    /// <param name="wait">Returns when the work has ended, or at once if the work itself is ending the process.</param>
    /// <returns>What ends the registration.</returns>
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

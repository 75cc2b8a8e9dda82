using System.Collections.Concurrent;

namespace GenAgent.Server.Security;

/// <summary>Counts open streams of events: an open stream costs a connection and memory. Safe to use from many tasks at once.</summary>
internal sealed class EventStreams(ServerOptions options)
{
    private readonly ConcurrentDictionary<string, int> _open = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>Counts a stream until it is disposed of.</summary>
    /// <exception cref="RefusedException">There are too many.</exception>
    public IDisposable Open(string? owner)
    {
        var name = owner ?? string.Empty;

        // One key may have half of all, so that others find room.
        var most = owner is null ? options.EventStreams : Math.Max(1, options.EventStreams / 2);
        var (all, own) = (Interlocked.Increment(ref _all), _open.AddOrUpdate(name, 1, static (_, count) => count + 1));
        var stream = new Stream(this, name);
        if (all <= options.EventStreams && own <= most) return stream;
        stream.Dispose();
        throw new RefusedException(429, "Too many event streams are open: close some first.") { RetryAfter = 5 };
    }

    private sealed class Stream(EventStreams streams, string owner) : IDisposable
    {
        public void Dispose()
        {
            Interlocked.Decrement(ref streams._all);
            streams._open.AddOrUpdate(owner, 0, static (_, count) => count - 1);
        }
    }
}

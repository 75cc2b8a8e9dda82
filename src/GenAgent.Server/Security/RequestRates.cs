using System.Collections.Concurrent;

namespace GenAgent.Server.Security;

/// <summary>Counts the requests of each key in the minute that is running. Safe to use from many tasks at once.</summary>
internal sealed class RequestRates(TimeProvider time)
{
    private const int SecondsAMinute = 60;

    private readonly ConcurrentDictionary<string, (long Minute, int Count)> _counts = new(StringComparer.Ordinal);

    /// <summary>Counts a request.</summary>
    /// <param name="key">The key's id.</param>
    /// <param name="most">The most a minute; null for no limit.</param>
    /// <param name="wait">Seconds until the next minute.</param>
    /// <returns>False if it is one too many.</returns>
    public bool TryTake(string key, int? most, out int wait)
    {
        var seconds = time.GetUtcNow().ToUnixTimeSeconds();
        var minute = seconds / SecondsAMinute;
        wait = (int)(SecondsAMinute - (seconds % SecondsAMinute));
        if (most is null) return true;
        return _counts.AddOrUpdate(key, (minute, 1), (_, before) => before.Minute == minute ? (minute, before.Count + 1) : (minute, 1)).Count <= most;
    }
}

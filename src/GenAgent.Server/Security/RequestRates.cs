using System.Collections.Concurrent;

namespace GenAgent.Server.Security;

/// <summary>Counts what each key changes in the minute that is running. Safe to use from many tasks at once.</summary>
internal sealed class RequestRates(TimeProvider time)
{
    private const int SecondsAMinute = 60;

    private readonly ConcurrentDictionary<string, (long Minute, int Count)> _counts = new(StringComparer.Ordinal);

    /// <summary>Counts a change.</summary>
    /// <exception cref="RefusedException">It is one too many.</exception>
    public void Take(Caller caller)
    {
        if (caller is not { Owner: { } key, PerMinute: { } most }) return;
        var seconds = time.GetUtcNow().ToUnixTimeSeconds();
        var minute = seconds / SecondsAMinute;
        if (_counts.AddOrUpdate(key, (minute, 1), (_, before) => before.Minute == minute ? (minute, before.Count + 1) : (minute, 1)).Count <= most) return;
        var wait = (int)(SecondsAMinute - (seconds % SecondsAMinute));
        throw new RefusedException(429, $"This API key may change things {most} times a minute: try again in {wait} seconds.") { RetryAfter = wait };
    }
}

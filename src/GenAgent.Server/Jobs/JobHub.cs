using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Jobs;

/// <summary>
/// Wakes those who wait for a job's next event. What other processes write is found by asking for all awaited jobs at once, a few times a second.
/// </summary>
internal sealed partial class JobHub(JobTable table, TimeProvider time, ILogger<JobHub> logger) : BackgroundService
{
    private const int JobsAQuery = 500;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Watch> _watches = new(StringComparer.Ordinal);

    /// <summary>Completes at the next sign of the job, or has completed if there was one since the watch began.</summary>
    public Task NextAsync(string id) => _watches.GetOrAdd(id, static _ => new()).Next;

    /// <summary>Tells that a job has events up to a number.</summary>
    public void Tell(string id, long last)
    {
        if (_watches.TryGetValue(id, out var watch)) watch.Tell(last);
    }

    /// <summary>Counts a reader of the job's events until it is disposed of.</summary>
    public IDisposable Watching(string id)
    {
        lock (_lock)
        {
            var watch = _watches.GetOrAdd(id, static _ => new());
            watch.Readers++;
            return new Reader(this, id, watch);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var some in _watches.Keys.Chunk(JobsAQuery))
                {
                    foreach (var (id, last) in await table.LastEventsAsync(some, stoppingToken)) Tell(id, last);
                }
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailure(failure);
            }
        }
    }

    private void Leave(string id, Watch watch)
    {
        lock (_lock)
        {
            if (--watch.Readers == 0) _watches.TryRemove(new(id, watch));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database could not be asked for new events.")]
    private partial void LogFailure(Exception failure);

    private sealed class Watch
    {
        private TaskCompletionSource _next = New();
        private long _last;

        public Task Next => Volatile.Read(ref _next).Task;

        /// <summary>How many read; changed under the hub's lock.</summary>
        public int Readers { get; set; }

        public void Tell(long last)
        {
            if (Interlocked.Exchange(ref _last, last) != last) Interlocked.Exchange(ref _next, New()).TrySetResult();
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Reader(JobHub hub, string id, Watch watch) : IDisposable
    {
        public void Dispose() => hub.Leave(id, watch);
    }
}

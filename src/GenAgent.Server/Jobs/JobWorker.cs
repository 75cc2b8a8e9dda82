using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Jobs;

/// <summary>
/// Takes jobs and runs some at once. When the server stops, running jobs have a while to end; what has not ended by then is queued again.
/// </summary>
internal sealed partial class JobWorker(
    JobTable table, JobRunner runner, JobQueueSignal signal, ServerOptions options, TimeProvider time, ILogger<JobWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _requeue = new();

    /// <summary>Unique to this process.</summary>
    public string Instance { get; } = Guid.NewGuid().ToString("N")[..12];

    public int Running => _running.Count;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var running = Task.WhenAll(_running.Values);
        try
        {
            await running.WaitAsync(TimeSpan.FromSeconds(options.StopSeconds), time, cancellationToken);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            await _requeue.CancelAsync();
            await running;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _requeue.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Workers == 0) return;

        // Not disposed of: what still runs after the loop gives its slot back.
        var slots = new SemaphoreSlim(options.Workers, options.Workers);
        for (var number = 1L; !stoppingToken.IsCancellationRequested; number++)
        {
            try
            {
                await slots.WaitAsync(stoppingToken);
                if (await ClaimAsync($"{Instance}-{number}", stoppingToken) is { } claimed)
                {
                    Start(claimed, slots);
                    continue;
                }

                slots.Release();
                await signal.WaitAsync(Idle, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
        }
    }

    private async Task<ClaimedJob?> ClaimAsync(string lease, CancellationToken cancellationToken)
    {
        try
        {
            return await table.ClaimAsync(lease, TimeSpan.FromSeconds(options.LeaseSeconds), options.RunningPerKey, cancellationToken);
        }
        catch (DbException failure)
        {
            LogNoDatabase(failure);
            return null;
        }
    }

    private void Start(ClaimedJob claimed, SemaphoreSlim slots) => _running[claimed.Lease] = Task.Run(async () =>
    {
        try
        {
            await runner.RunAsync(claimed, _requeue.Token);
        }
        catch (Exception failure)
        {
            // Nothing was written: the lease runs out, and the job is taken again.
            LogLost(failure, claimed.Job.Id);
        }
        finally
        {
            slots.Release();
            _running.TryRemove(claimed.Lease, out _);
            signal.Set();
        }
    });

    [LoggerMessage(Level = LogLevel.Error, Message = "The database could not be asked for a job.")]
    private partial void LogNoDatabase(Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job} was given up; another worker takes it when its lease has run out.")]
    private partial void LogLost(Exception failure, string job);
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Gateway;

/// <summary>Finishes what a killed process left, and ends rollouts that nobody calls any more. Without a reward such a rollout does not count.</summary>
internal sealed partial class IdleRollouts(
    GatewayTables tables, RolloutLibrary library, CallsUnderWay calls, GatewayOptions options, ServerOptions server, TimeProvider time,
    ILogger<IdleRollouts> logger)
    : BackgroundService
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromMinutes(1);

    /// <summary>Ends what has been idle for too long, and deletes what ended long ago.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await library.RecoverAsync(cancellationToken);
        var since = time.GetUtcNow().AddSeconds(-options.IdleSeconds);
        await library.EachAsync(await tables.ListAsync(RolloutState.Open, since, cancellationToken), async idle =>
        {
            if (calls.Has(idle.Name)) return;
            var rewards = RewardBody.Sum(await tables.EventsAsync(idle.Name, cancellationToken));
            var excluded = rewards is null ? FormattableString.Invariant($"nobody called or rewarded it for {options.IdleSeconds} seconds") : null;
            if (await library.EndAsync(idle.Name, new RecordedEnd { Excluded = excluded }, since, cancellationToken)) LogIdle(idle.Name, options.IdleSeconds);
        });
        if (server.RetentionDays is { } days) await tables.DeleteEndedAsync(time.GetUtcNow().AddDays(-days));
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await library.RecoverAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var period = TimeSpan.FromSeconds(Math.Clamp(options.IdleSeconds / 4, 0.1, LongestPeriod.TotalSeconds));
        using var timer = new PeriodicTimer(period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailure(failure);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Rollout {Rollout} was ended after {Seconds} seconds without a call.")]
    private partial void LogIdle(RolloutName rollout, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Idle rollouts could not be ended.")]
    private partial void LogFailure(Exception failure);
}

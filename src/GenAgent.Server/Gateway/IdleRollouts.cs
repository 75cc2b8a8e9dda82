using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Gateway;

/// <summary>Finishes what a killed process left, and ends rollouts that nobody calls any more. Without a reward such a rollout does not count.</summary>
internal sealed partial class IdleRollouts(
    GatewayTables tables, RolloutLibrary library, GatewayOptions options, TimeProvider time, ILogger<IdleRollouts> logger) : BackgroundService
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromMinutes(1);

    /// <summary>Ends what has been idle for too long.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await library.RecoverAsync(cancellationToken);
        await library.EachAsync(await tables.ListAsync(RolloutState.Open, time.GetUtcNow().AddSeconds(-options.IdleSeconds), cancellationToken), async idle =>
        {
            var rewards = RewardBody.Sum(await tables.EventsAsync(idle.Name, cancellationToken));
            var excluded = rewards is null ? FormattableString.Invariant($"nobody called or rewarded it for {options.IdleSeconds} seconds") : null;
            await library.EndAsync(idle.Name, new RecordedEnd { Excluded = excluded }, cancellationToken);
            LogIdle(idle.Name, options.IdleSeconds);
        });
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

using System.Collections.Concurrent;
using GenAgent.Server.Browse;
using GenAgent.Server.Security;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Gateway;

/// <summary>
/// Begins and ends rollouts. An end is decided in the database first; then the trajectories are written, and then the end is noted: a process that is killed
/// in between goes on there when it starts again, and writes no trajectory twice. Safe to use from many tasks at once.
/// </summary>
internal sealed partial class RolloutLibrary(
    GatewayTables tables, GatewayFolder folder, TrajectoryIndex index, GatewayOptions options, IUpstream upstream, ILogger<RolloutLibrary> logger)
{
    // A rollout whose end is asked for twice is written by one of both; different ones share a flush to the disk.
    private readonly ConcurrentDictionary<RolloutName, Lazy<Task>> _keeping = [];

    /// <summary>Finds a rollout of the caller's, or begins it.</summary>
    /// <exception cref="RefusedException">It is another key's, or there are too many.</exception>
    public async Task<RecordedRollout> BeginAsync(RolloutName name, Caller caller, RecordedTask? task, CancellationToken cancellationToken)
    {
        if (await tables.FindAsync(name, cancellationToken) is not { } known)
        {
            if (await tables.CountAsync(RolloutState.Open, cancellationToken) >= options.OpenRollouts)
            {
                throw new RefusedException(503, $"{options.OpenRollouts} rollouts are open (Gateway:OpenRollouts): end some first.") { RetryAfter = 30 };
            }

            known = await tables.BeginAsync(name, caller.Owner, task ?? new(), cancellationToken);
        }
        return caller.Sees(known.Owner) ? known : throw new RefusedException(403, "This rollout belongs to another API key.");
    }

    /// <summary>A rollout of the caller's.</summary>
    /// <exception cref="RefusedException">There is none, or it is another key's.</exception>
    public async Task<RecordedRollout> FindAsync(RolloutName name, Caller caller, CancellationToken cancellationToken) =>
        await tables.FindAsync(name, cancellationToken) is { } known && caller.Sees(known.Owner)
            ? known
            : throw RefusedException.NotFound("There is no such rollout.");

    /// <summary>Ends a rollout, and keeps its trajectories; a second end changes nothing.</summary>
    /// <param name="name">The rollout.</param>
    /// <param name="end">How it ends.</param>
    /// <param name="idleSince">Ends it only if nobody touched it since; null to end it in any case.</param>
    /// <param name="cancellationToken">Cancels before the end is decided.</param>
    /// <returns>Whether it has ended.</returns>
    public async Task<bool> EndAsync(RolloutName name, RecordedEnd end, DateTimeOffset? idleSince, CancellationToken cancellationToken)
    {
        var (rollout, isFirst) = await tables.EndAsync(name, end, idleSince, cancellationToken);
        if (rollout is null) throw RefusedException.NotFound("There is no such rollout.");
        if (rollout.State == RolloutState.Ending) await KeepAsync(rollout, mayBeThere: !isFirst);
        return rollout.State != RolloutState.Open;
    }

    /// <summary>Finishes the ends that a killed process left, or a full disk.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken) => await EachAsync(
        await tables.ListAsync(RolloutState.Ending, DateTimeOffset.MaxValue, cancellationToken), rollout => KeepAsync(rollout, mayBeThere: true));

    /// <summary>Does something with each rollout. One that fails is logged, and does not keep the others from their turn.</summary>
    public async Task EachAsync(IEnumerable<RecordedRollout> rollouts, Func<RecordedRollout, Task> work)
    {
        foreach (var rollout in rollouts)
        {
            try
            {
                await work(rollout);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailure(failure, rollout.Name);
            }
        }
    }

    private async Task KeepAsync(RecordedRollout rollout, bool mayBeThere)
    {
        var keeping = _keeping.GetOrAdd(rollout.Name, _ => new(() => KeepOnceAsync(rollout, mayBeThere)));
        try
        {
            await keeping.Value;
        }
        finally
        {
            _keeping.TryRemove(KeyValuePair.Create(rollout.Name, keeping));
        }
    }

    private async Task KeepOnceAsync(RecordedRollout rollout, bool mayBeThere)
    {
        if (await tables.FindAsync(rollout.Name, CancellationToken.None) is not { State: RolloutState.Ending }) return;
        var (calls, events) = (await tables.CallsAsync(rollout.Name, CancellationToken.None), await tables.EventsAsync(rollout.Name, CancellationToken.None));
        foreach (var trajectory in RecordedTrajectories.Of(rollout, new(calls), events, upstream.Uri))
        {
            if (mayBeThere && await index.FindAsync(trajectory.Id, CancellationToken.None) is not null) continue;
            await folder.Store.AppendAsync(trajectory, new Dictionary<string, DataContent>(StringComparer.Ordinal), CancellationToken.None);
        }

        await tables.SetEndedAsync(rollout.Name);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Rollout {Rollout} could not be ended; it is tried again later.")]
    private partial void LogFailure(Exception failure, RolloutName rollout);
}

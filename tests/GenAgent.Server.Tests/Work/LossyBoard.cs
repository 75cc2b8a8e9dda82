using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using GenAgent.Running.Sharing;

namespace GenAgent.Server.Tests.Work;

/// <summary>A board over a bad network: it does what it is asked for, but the answer of a call may be lost, and whole kinds of calls may fail.</summary>
internal sealed class LossyBoard(ITaskBoard board) : ITaskBoard
{
    private readonly ConcurrentDictionary<string, int> _calls = new(StringComparer.Ordinal);

    /// <summary>Which calls lose their answer, by name and number from 1.</summary>
    public Func<string, int, bool> LosesAnswer { get; init; } = (_, _) => false;

    /// <summary>Which calls do not reach the board, by name.</summary>
    public Func<string, bool> IsCutOff { get; set; } = _ => false;

    /// <summary>The leases that were asked for, in order.</summary>
    public ConcurrentQueue<TaskLease> Leases { get; } = [];

    /// <summary>Names of the calls that lost an answer.</summary>
    public ConcurrentQueue<string> Lost { get; } = [];

    /// <summary>The run that was opened last, and its owner.</summary>
    public SharedRun? Run { get; private set; }

    public string? Owner { get; private set; }

    public Task<IReadOnlyList<string>> OpenAsync(SharedRun run, string owner, TimeSpan term, CancellationToken cancellationToken = default)
    {
        (Run, Owner) = (run, owner);
        return CallAsync(() => board.OpenAsync(run, owner, term, cancellationToken));
    }

    public Task<BoardCounts?> HoldAsync(string run, string owner, TimeSpan term, CancellationToken cancellationToken = default) =>
        CallAsync(() => board.HoldAsync(run, owner, term, cancellationToken));

    public Task<bool> PostAsync(string run, string owner, IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        CallAsync(() => board.PostAsync(run, owner, keys, cancellationToken));

    public Task<IReadOnlyList<TaskResult>?> ResultsAsync(
        string run, string owner, int most, IReadOnlyCollection<string> known, CancellationToken cancellationToken = default) =>
        CallAsync(() => board.ResultsAsync(run, owner, most, known, cancellationToken), answer => answer is { Count: > 0 });

    public Task<bool> RemoveAsync(string run, string owner, IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        CallAsync(() => board.RemoveAsync(run, owner, keys, cancellationToken));

    public Task CloseAsync(string run, string owner, bool isOver, CancellationToken cancellationToken = default) =>
        board.CloseAsync(run, owner, isOver, cancellationToken);

    public Task<IReadOnlyList<SharedRun>> RunsAsync(CancellationToken cancellationToken = default) => CallAsync(() => board.RunsAsync(cancellationToken));

    public Task<IReadOnlyList<string>?> LeaseAsync(string run, TaskLease lease, int most, TimeSpan term, CancellationToken cancellationToken = default)
    {
        Leases.Enqueue(lease);
        return CallAsync(() => board.LeaseAsync(run, lease, most, term, cancellationToken), answer => answer is { Count: > 0 });
    }

    public Task<IReadOnlySet<string>> RenewAsync(
        string run, IReadOnlyDictionary<string, TaskLease> held, TimeSpan term, CancellationToken cancellationToken = default) =>
        CallAsync(() => board.RenewAsync(run, held, term, cancellationToken));

    public Task<bool> FinishAsync(string run, TaskLease lease, string key, ReadOnlyMemory<byte> result, CancellationToken cancellationToken = default) =>
        CallAsync(() => board.FinishAsync(run, lease, key, result, cancellationToken));

    public Task<bool> FailAsync(string run, TaskLease lease, string key, TaskFailure failure, int retries, CancellationToken cancellationToken = default) =>
        CallAsync(() => board.FailAsync(run, lease, key, failure, retries, cancellationToken));

    public Task GiveBackAsync(string run, string worker, CancellationToken cancellationToken = default) => board.GiveBackAsync(run, worker, cancellationToken);

    // It stays its owner's.
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<T> CallAsync<T>(Func<Task<T>> call, Func<T, bool>? counts = null, [CallerMemberName] string name = "")
    {
        if (IsCutOff(name)) throw new BoardUnavailableException($"{name} found no way to the board.");
        var answer = await call();
        if (counts is not null && !counts(answer)) return answer;
        if (!LosesAnswer(name, _calls.AddOrUpdate(name, 1, (_, number) => number + 1))) return answer;
        Lost.Enqueue(name);
        throw new BoardUnavailableException($"The answer of {name} was lost.");
    }
}

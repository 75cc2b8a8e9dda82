using System.Runtime.CompilerServices;
using GenAgent.Models;
using GenAgent.Trajectories;

namespace GenAgent.Engines.Replicas;

/// <summary>
/// Chooses a replica for each request: a conversation stays where it began, for that server holds its keys and values; a new one goes where the fewest
/// requests are under way, of these to the one that had the same prompt last. A replica that fails is left alone for a while, and used again once its
/// health check succeeds. Safe to use from many tasks.
/// </summary>
public sealed class ReplicaPool
{
    private const int MaxPrompts = 4096;

    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ConditionalWeakTable<TokenTrace, Replica> _homes = [];
    private readonly Dictionary<int, Replica> _prompts = [];
    private TaskCompletionSource _changed = NewSignal();

    internal ReplicaPool(IReadOnlyList<Replica> replicas, TimeProvider time) => (Replicas, _time) = (replicas, time);

    /// <summary>All replicas, in the order in which they were named.</summary>
    public IReadOnlyList<Replica> Replicas { get; }

    /// <summary>The version of the weights that answers must have been sampled with; null where any will do.</summary>
    internal Func<string?>? ExpectedVersion { get; set; }

    /// <summary>Is asked before a replica that was down is used again; fails with a <see cref="BackendException"/> where it must not be.</summary>
    internal Func<Replica, Task>? Admit { get; set; }

    /// <summary>
    /// Takes a replica out: it gets no more requests, and the task ends when none is under way there. Its conversations go on elsewhere, or wait if there is
    /// no other.
    /// </summary>
    /// <param name="address">The replica's address.</param>
    /// <param name="cancellationToken">Ends the wait; the replica stays out.</param>
    /// <exception cref="ArgumentException">There is no such replica.</exception>
    public async Task DrainAsync(Uri address, CancellationToken cancellationToken = default)
    {
        var replica = Find(address);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                replica.IsDraining = true;
                if (replica.InFlight == 0) return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Puts a replica in again.</summary>
    /// <param name="address">The replica's address.</param>
    /// <exception cref="ArgumentException">There is no such replica.</exception>
    public void Restore(Uri address)
    {
        var replica = Find(address);
        lock (_lock)
        {
            replica.IsDraining = false;
            Signal();
        }
    }

    /// <summary>Rents a replica for one request; disposing of the result ends it. Waits while all are out.</summary>
    /// <param name="before">The conversation so far; null for a new one.</param>
    /// <param name="prompt">Identifies the prompt of a new conversation; null in an old one, whose ids never come again.</param>
    /// <param name="tried">Replicas that have failed this request: used only if there is no other.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The replica; null if all are down.</returns>
    internal async Task<ReplicaLease?> RentAsync(TokenTrace? before, int? prompt, IReadOnlyCollection<Replica> tried, CancellationToken cancellationToken)
    {
        var hasChecked = false;
        while (true)
        {
            Task changed;
            List<Replica> down;
            lock (_lock)
            {
                if (Choose(before, prompt, tried) is { } chosen)
                {
                    chosen.InFlight++;
                    if (before is null) chosen.Conversations++;
                    if (prompt is { } begins)
                    {
                        if (_prompts.Count >= MaxPrompts) _prompts.Clear();
                        _prompts[begins] = chosen;
                    }

                    return new ReplicaLease(this, chosen);
                }

                down = hasChecked ? [] : [.. Replicas.Where(replica => !replica.IsDraining)];
                if (hasChecked && !Replicas.Any(replica => replica.IsDraining)) return null;
                changed = _changed.Task;
            }

            if (down.Count == 0)
            {
                await changed.WaitAsync(cancellationToken);
                continue;
            }

            await Task.WhenAll(down.Select(CheckAsync)).WaitAsync(cancellationToken);
            hasChecked = true;
        }
    }

    /// <summary>Remembers where a conversation is.</summary>
    internal void Settle(TokenTrace trace, Replica replica) => _homes.AddOrUpdate(trace, replica);

    /// <summary>A request has succeeded.</summary>
    internal void Succeeded(Replica replica)
    {
        lock (_lock) (replica.Fault, replica.FaultsInARow) = (null, 0);
    }

    /// <summary>A replica does not answer: it rests, longer each time.</summary>
    internal void Failed(Replica replica, BackendException fault)
    {
        lock (_lock)
        {
            // Requests that break off together are one fault.
            var isKnown = replica.Fault is not null && !IsRested(replica);
            replica.Fault = fault.Message;
            if (isKnown) return;
            var rest = FirstRest * Math.Pow(2, Math.Min(replica.FaultsInARow++, 10));
            replica.DownUntil = _time.GetUtcNow() + (rest < LongestRest ? rest : LongestRest);
        }
    }

    internal void Return(Replica replica)
    {
        lock (_lock)
        {
            replica.InFlight--;
            Signal();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool IsRested(Replica replica) => replica.DownUntil <= _time.GetUtcNow();

    private Replica? Choose(TokenTrace? before, int? prompt, IReadOnlyCollection<Replica> tried)
    {
        // Those that are down come back beside the requests, not in their way.
        foreach (var rested in Replicas.Where(replica => replica.Fault is not null && IsRested(replica)))
        {
            if (Replicas.Any(IsUp)) _ = CheckAsync(rested);
        }

        List<Replica> up = [.. Replicas.Where(IsUp)];
        if (up.Exists(replica => !tried.Contains(replica))) up.RemoveAll(tried.Contains);
        if (before is not null && _homes.TryGetValue(before, out var home) && up.Contains(home)) return home;
        var last = prompt is { } begins ? _prompts.GetValueOrDefault(begins) : null;
        return up.OrderBy(replica => replica.InFlight).ThenBy(replica => replica == last ? 0 : 1).ThenBy(replica => replica.Conversations).FirstOrDefault();
    }

    private static bool IsUp(Replica replica) => replica is { IsDraining: false, Fault: null };

    private Task CheckAsync(Replica replica)
    {
        lock (_lock)
        {
            return replica.Check is { IsCompleted: false } running ? running : replica.Check = RunCheckAsync(replica);
        }
    }

    private async Task RunCheckAsync(Replica replica)
    {
        await Task.Yield();
        try
        {
            await replica.Http.CheckHealthAsync();
            if (replica.Fault is not null) replica.Forget();
            if (Admit is { } admit) await admit(replica);
            Succeeded(replica);
        }
        catch (BackendException still)
        {
            Failed(replica, still);
        }

        lock (_lock) Signal();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private Replica Find(Uri address) => Replicas.FirstOrDefault(replica => replica.Address == address)
        ?? throw new ArgumentException($"{address} is none of the replicas: {string.Join(", ", Replicas)}.", nameof(address));
}

/// <summary>A replica that is rented for one request.</summary>
internal sealed class ReplicaLease(ReplicaPool pool, Replica replica) : IDisposable
{
    private int _isReturned;

    public Replica Replica => replica;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) == 0) pool.Return(replica);
    }
}

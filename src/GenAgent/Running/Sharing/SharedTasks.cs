using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using GenAgent.Telemetry;

namespace GenAgent.Running.Sharing;

/// <summary>
/// The owner's side of a shared run: posts the tasks that its runner is to do, and brings the results of the workers. It stands in for both of the runner's
/// parts: <see cref="MakeAsync"/> for doing a task, and itself for the store, so that a result leaves the board only when it is kept. So a run that is killed
/// and resumed finds what was made meanwhile, and keeps nothing twice. Safe to use from many tasks at once.
/// </summary>
/// <typeparam name="TOutcome">What a task ends with.</typeparam>
public sealed class SharedTasks<TOutcome> : IOutcomeStore<TOutcome>, IAsyncDisposable
    where TOutcome : class
{
    private const int ResultsAtOnce = 16;

    private readonly ITaskBoard _board;
    private readonly SharedRun _run;
    private readonly IOutcomeStore<TOutcome> _store;
    private readonly Func<string, ReadOnlyMemory<byte>, Task<TOutcome>> _read;
    private readonly SharingOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string>? _notice;
    private readonly string _owner = Guid.NewGuid().ToString("N");
    private readonly BoardPatience _patience;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TaskCompletionSource<TaskResult>> _awaited = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskResult> _early = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _toPost = new();
    private readonly ConcurrentQueue<string> _toRemove = new();

    // Results that were fetched and are on the board still. The pump's alone.
    private readonly HashSet<string> _fetched = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _stopWork = new();
    private Exception? _broken;
    private Task _pump = Task.CompletedTask;
    private Task _work = Task.CompletedTask;
    private bool _isOver;

    private SharedTasks(
        ITaskBoard board, SharedRun run, IOutcomeStore<TOutcome> store, Func<string, ReadOnlyMemory<byte>, Task<TOutcome>> read, SharingOptions options,
        TimeProvider time, Action<string>? notice)
    {
        (_board, _run, _store, _read, _options, _time, _notice) = (board, run, store, read, options, time, notice);
        _patience = new(options, time, notice);
    }

    /// <summary>How the runner of a shared run works: as many tasks under way as the board may hold. Retries are the workers'.</summary>
    /// <param name="noun">What the tasks are called.</param>
    /// <returns>The options.</returns>
    public RolloutOptions RunnerOptions(string noun) =>
        new() { Concurrency = _options.Window, Retries = 0, FailuresInARow = _options.FailuresInARow, Noun = noun };

    /// <summary>Takes a run on a board.</summary>
    /// <param name="board">The board; it stays its owner's.</param>
    /// <param name="run">The run.</param>
    /// <param name="store">Where outcomes are kept; it stays its owner's.</param>
    /// <param name="read">Makes an outcome of a key and a worker's result.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="notice">Is told what a user should know; null for nobody.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The run's tasks; the caller disposes them.</returns>
    /// <exception cref="BoardUnavailableException">The board could not be reached for long.</exception>
    internal static async Task<SharedTasks<TOutcome>> OpenAsync(
        ITaskBoard board, SharedRun run, IOutcomeStore<TOutcome> store, Func<string, ReadOnlyMemory<byte>, Task<TOutcome>> read, SharingOptions? options = null,
        TimeProvider? time = null, Action<string>? notice = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(board);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(read);
        var tasks = new SharedTasks<TOutcome>(board, run, store, read, options ?? new(), time ?? TimeProvider.System, notice);
        Task<T> TryAsync<T>(Func<Task<T>> call) => tasks._patience.TryAsync(call, cancellationToken);
        var finished = await TryAsync(() => board.OpenAsync(run, tasks._owner, tasks._options.OwnerTerm, cancellationToken));
        List<string> kept = [];
        foreach (var key in finished)
        {
            if (await store.FindAsync(key, cancellationToken) is not null) kept.Add(key);
        }

        // Killed after it kept them, and before it removed them.
        if (kept.Count > 0 && !await TryAsync(() => board.RemoveAsync(run.Id, tasks._owner, kept, cancellationToken))) throw tasks.TakenOver();
        tasks._pump = Task.Run(tasks.PumpAsync, CancellationToken.None);
        return tasks;
    }

    /// <summary>Has this process work, too, as one of the workers. If its part fails as a worker's does, the run fails.</summary>
    /// <param name="places">Tasks under way here at once, 1 or more.</param>
    /// <param name="make">Does a task, and returns its result.</param>
    /// <param name="mask">Removes secrets from failures; null for the forms that are known.</param>
    internal void Work(int places, Func<string, CancellationToken, Task<ReadOnlyMemory<byte>>> make, SecretMask? mask = null)
    {
        var worker = new SharedWorker(_board, places, _options, _time) { Notice = _notice, StopWithin = TimeSpan.Zero, Mask = mask ?? SecretMask.Default };
        _work = Task.Run(() => WorkAsync(worker, make));
    }

    /// <summary>The outcome of a task that a worker does.</summary>
    /// <param name="key">The task's key.</param>
    /// <param name="cancellationToken">Gives up waiting; the task stays posted.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="Models.BackendException">A backend of the worker failed, after all retries.</exception>
    /// <exception cref="InvalidDataException">A worker failed otherwise, or its result cannot be read.</exception>
    /// <exception cref="IOException">The board could not be reached for long, or another process has taken the run over.</exception>
    public async Task<TOutcome> MakeAsync(string key, CancellationToken cancellationToken)
    {
        var result = await ResultAsync(key, cancellationToken);
        if (result.Failure is not { } failure) return await _read(key, result.Result!.Value);

        // The next run, or the next try, begins anew.
        _toRemove.Enqueue(key);
        throw failure.ToException();
    }

    /// <summary>Tells that all tasks are done: the run is removed from the board when this is disposed of.</summary>
    public void Complete() => _isOver = true;

    /// <inheritdoc/>
    public ValueTask<TOutcome?> FindAsync(string key, CancellationToken cancellationToken = default) => _store.FindAsync(key, cancellationToken);

    /// <inheritdoc/>
    public async Task<TOutcome> KeepAsync(string key, TOutcome outcome, CancellationToken cancellationToken = default)
    {
        var kept = await _store.KeepAsync(key, outcome, cancellationToken);
        _toRemove.Enqueue(key);
        return kept;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopWork.CancelAsync();
        await _work;
        await _closed.CancelAsync();
        await _pump;
        if (_broken is null) await CloseAsync();
        _closed.Dispose();
        _stopWork.Dispose();
    }

    private async Task WorkAsync(SharedWorker worker, Func<string, CancellationToken, Task<ReadOnlyMemory<byte>>> make)
    {
        try
        {
            // After a long outage the board takes the run for one without an owner, until the owner's next sign of life: that ends a worker's call.
            while (!_stopWork.IsCancellationRequested)
            {
                await worker.RunAsync(_run.Id, make, TimeSpan.MaxValue, _stopWork.Token);
                await Task.Delay(_options.Period, _time, _stopWork.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (Exception failure)
        {
            Break(failure);
        }
    }

    private async Task<TaskResult> ResultAsync(string key, CancellationToken cancellationToken)
    {
        TaskCompletionSource<TaskResult> awaited = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_broken is not null) ExceptionDispatchInfo.Throw(_broken);
            if (_early.Remove(key, out var early)) return early;
            _awaited.Add(key, awaited);
        }

        _toPost.Enqueue(key);
        await using var cancelled = cancellationToken.UnsafeRegister(_ => awaited.TrySetCanceled(cancellationToken), null);
        try
        {
            return await awaited.Task;
        }
        finally
        {
            lock (_lock) _awaited.Remove(key);
        }
    }

    /// <summary>Posts, removes and fetches until the run is closed.</summary>
    private async Task PumpAsync()
    {
        var watch = new WorkerWatch(_run.Id, _time, _notice);
        var held = _time.GetTimestamp();
        try
        {
            while (!_closed.IsCancellationRequested)
            {
                await FlushAsync(_closed.Token);
                var results = await _patience.TryAsync(() => _board.ResultsAsync(_run.Id, _owner, ResultsAtOnce, _fetched), _closed.Token) ?? throw TakenOver();
                foreach (var result in results) Deliver(result);
                if (_time.GetElapsedTime(held) >= WorkerWatch.Period)
                {
                    var counts = await _patience.TryAsync(() => _board.HoldAsync(_run.Id, _owner, _options.OwnerTerm), _closed.Token);
                    watch.Look(counts ?? throw TakenOver());
                    held = _time.GetTimestamp();
                }

                if (results.Count < ResultsAtOnce)
                {
                    // What comes within a moment is posted together.
                    await Task.Delay(_options.Period, _time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            // Closed while the board was out of reach.
        }
        catch (Exception failure)
        {
            Break(failure);
        }
    }

    private async Task FlushAsync(CancellationToken giveUp)
    {
        if (Drain(_toRemove) is { Count: > 0 } remove)
        {
            if (!await _patience.TryAsync(() => _board.RemoveAsync(_run.Id, _owner, remove, CancellationToken.None), giveUp)) throw TakenOver();
            _fetched.ExceptWith(remove);
        }

        if (Drain(_toPost) is { Count: > 0 } post
            && !await _patience.TryAsync(() => _board.PostAsync(_run.Id, _owner, post, CancellationToken.None), giveUp)) throw TakenOver();
    }

    private void Deliver(TaskResult result)
    {
        _fetched.Add(result.Key);
        lock (_lock)
        {
            if (_awaited.TryGetValue(result.Key, out var awaited)) awaited.TrySetResult(result);
            else _early[result.Key] = result;
        }
    }

    private void Break(Exception failure)
    {
        lock (_lock)
        {
            _broken ??= failure;
            foreach (var awaited in _awaited.Values) awaited.TrySetException(_broken);
        }

        // The tasks are another owner's now, or nobody's.
        _stopWork.Cancel();
    }

    private async Task CloseAsync()
    {
        try
        {
            // What waits to be posted is posted by the next owner. A run that is over is removed as a whole.
            _toPost.Clear();
            if (!_isOver) await FlushAsync(_closed.Token);
            await _board.CloseAsync(_run.Id, _owner, _isOver);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // What is kept is kept. The owner's hold runs out, and the next owner removes what it finds kept.
            _notice?.Invoke($"The shared run {_run.Id} could not be closed: {failure.Message}");
        }
    }

    private IOException TakenOver() => new($"Another process has taken the shared run {_run.Id} over: this one stops. What it kept is kept.");

    private static List<string> Drain(ConcurrentQueue<string> queue)
    {
        List<string> keys = [];
        while (queue.TryDequeue(out var key)) keys.Add(key);
        return keys;
    }
}

using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using GenAgent.Models;

namespace GenAgent.Running;

/// <summary>
/// Runs keyed tasks, many at once, and keeps their outcomes: the one runner of prompt files, data sets, benchmarks, rollouts and jobs. A task whose outcome
/// is kept is not done again, so that a killed run is resumed by starting it again. A bad outcome is data; a backend that fails is retried after the
/// other tasks, then counted; too many failures in a row stop the run. Cancellation keeps what is finished. Several calls may run at once; they share
/// the limit on tasks that are under way.
/// </summary>
/// <typeparam name="TTask">A task.</typeparam>
/// <typeparam name="TOutcome">What a task ends with.</typeparam>
public sealed class RolloutRunner<TTask, TOutcome> : IDisposable
    where TTask : IRunTask
    where TOutcome : class
{
    private readonly Func<TTask, CancellationToken, Task<TOutcome>> _make;
    private readonly IOutcomeStore<TOutcome> _store;
    private readonly RolloutOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _room;

    /// <summary>Creates a runner.</summary>
    /// <param name="make">Does a task. A thrown <see cref="BackendException"/> is a failure of a backend, a <see cref="RunLimitException"/> ends the run
    /// cleanly; any other exception ends it.</param>
    /// <param name="store">Keeps the outcomes; it stays its owner's.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="time">The clock for the time left; null for the system's.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public RolloutRunner(
        Func<TTask, CancellationToken, Task<TOutcome>> make, IOutcomeStore<TOutcome> store, RolloutOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(make);
        ArgumentNullException.ThrowIfNull(store);
        (_make, _store, _options, _time) = (make, store, options ?? new(), time ?? TimeProvider.System);
        RolloutOptions.Validate(_options);
        _room = new SemaphoreSlim(_options.Concurrency);
    }

    /// <summary>
    /// Tells the failure of a backend that an outcome holds, or null: such an outcome is kept for the record, but its task is retried and counted as
    /// failed.
    /// </summary>
    public Func<TOutcome, Exception?>? FailureOf { get; init; }

    /// <summary>Does the tasks that no earlier run did.</summary>
    /// <param name="tasks">The tasks; their keys are unique.</param>
    /// <param name="consume">Takes each finished task, one at a time: those of earlier runs first, in the order of the tasks, then others as they finish. A
    /// slow consumer slows the run. Null for nobody.</param>
    /// <param name="progress">Is told how far the run is; null for nobody.</param>
    /// <param name="cancellationToken">Stops the run; what is finished is kept.</param>
    /// <returns>What was done. Tasks that failed are among it: see <see cref="RolloutTotals.ThrowIfIncomplete"/>.</returns>
    /// <exception cref="ArgumentException">Two tasks have the same key.</exception>
    /// <exception cref="RunStoppedException">Too many tasks in a row failed.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled before its end.</exception>
    /// <exception cref="IOException">An outcome could not be kept.</exception>
    public async Task<RolloutTotals> RunAsync(
        IEnumerable<TTask> tasks, Func<FinishedTask<TTask, TOutcome>, ValueTask>? consume = null, IProgress<RolloutProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        using var desk = new OutcomeDesk<TTask, TOutcome>(consume, progress, _time);
        var open = await ResumeAsync(tasks, desk, cancellationToken);
        desk.Begin(open.Count);
        using var work = new Work(this, desk, open, cancellationToken);
        await work.DoAsync();

        if (!desk.IsComplete)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return desk.Totals with { StoppedBy = work.Limit };
    }

    /// <summary>Frees the runner; no call may be under way.</summary>
    public void Dispose() => _room.Dispose();

    private async Task<List<TTask>> ResumeAsync(IEnumerable<TTask> tasks, OutcomeDesk<TTask, TOutcome> desk, CancellationToken cancellationToken)
    {
        List<TTask> open = [];
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (var task in tasks)
        {
            if (!keys.Add(task.Key))
            {
                throw new ArgumentException($"Two tasks have the key \"{task.Key}\".", nameof(tasks));
            }

            if (await _store.FindAsync(task.Key, cancellationToken) is { } kept)
            {
                await desk.TellAsync(new(task, kept, IsResumed: true, Failure: null));
            }
            else
            {
                open.Add(task);
            }
        }

        return open;
    }

    /// <summary>One call's work on its open tasks.</summary>
    private sealed class Work(
        RolloutRunner<TTask, TOutcome> runner, OutcomeDesk<TTask, TOutcome> desk, List<TTask> open, CancellationToken cancellationToken) : IDisposable
    {
        private readonly ConcurrentQueue<(TTask Task, int Retries)> _queue = new(open.Select(task => (task, 0)));
        private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        private ExceptionDispatchInfo? _fatal;
        private string? _limit;
        private int _failuresInARow;

        /// <summary>The limit that ended the work; null for none.</summary>
        public string? Limit => Volatile.Read(ref _limit);

        public async Task DoAsync()
        {
            var workers = Math.Min(runner._options.Concurrency, open.Count);
            await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync, CancellationToken.None)));
            _fatal?.Throw();
        }

        public void Dispose() => _stop.Dispose();

        private async Task WorkAsync()
        {
            while (!_stop.IsCancellationRequested && Limit is null && _queue.TryDequeue(out var next))
            {
                try
                {
                    await runner._room.WaitAsync(_stop.Token);
                    try
                    {
                        await TakeAsync(next.Task, next.Retries);
                    }
                    finally
                    {
                        runner._room.Release();
                    }
                }
                catch (OperationCanceledException) when (_stop.IsCancellationRequested)
                {
                    return;
                }
                catch (RunLimitException reached)
                {
                    Interlocked.CompareExchange(ref _limit, reached.Limit, null);
                }
                catch (Exception failure)
                {
                    Interlocked.CompareExchange(ref _fatal, ExceptionDispatchInfo.Capture(failure), null);
                    await _stop.CancelAsync();
                }
            }
        }

        private async Task TakeAsync(TTask task, int retries)
        {
            var (outcome, failure) = await TryAsync(task);
            var inARow = failure is null ? Interlocked.Exchange(ref _failuresInARow, 0) : Interlocked.Increment(ref _failuresInARow);
            var stops = failure is not null && inARow >= runner._options.FailuresInARow;
            if (failure is not null && !stops && retries < runner._options.Retries && RolloutOptions.MayPass(failure))
            {
                _queue.Enqueue((task, retries + 1));
                return;
            }

            // Finished work is kept, cancelled or not.
            if (outcome is not null)
            {
                outcome = await runner._store.KeepAsync(task.Key, outcome, CancellationToken.None);
            }

            await desk.TellAsync(new(task, outcome, IsResumed: false, failure));
            if (stops)
            {
                throw new RunStoppedException(
                    $"{runner._options.FailuresInARow} {runner._options.Noun} in a row failed, so the rest is left for later: run the same command again. The "
                        + $"last failure: {failure!.Message}", failure);
            }
        }

        private async Task<(TOutcome? Outcome, Exception? Failure)> TryAsync(TTask task)
        {
            try
            {
                var outcome = await runner._make(task, _stop.Token);
                return (outcome, runner.FailureOf?.Invoke(outcome));
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                // Whatever a stopped task throws, it is the stop's doing.
                throw new OperationCanceledException(_stop.Token);
            }
            catch (BackendException failure)
            {
                return (null, failure);
            }
        }
    }
}

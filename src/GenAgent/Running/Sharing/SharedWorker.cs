using System.Collections.Concurrent;
using GenAgent.Models;
using GenAgent.Telemetry;

namespace GenAgent.Running.Sharing;

/// <summary>What a worker has done for a run.</summary>
/// <param name="Done">Tasks whose result was written.</param>
/// <param name="Failed">Tasks that failed here.</param>
/// <param name="Refused">Tasks whose lease was lost, so that their result was not written.</param>
public sealed record SharedWorkerTotals(int Done, int Failed, int Refused);

/// <summary>
/// Does tasks of a shared run, many at once: takes them by lease, gives signs of life, and writes each result once. A board that is out of reach is waited
/// for; whether a result that comes late still counts is for the board to say. Serves one run at a time.
/// </summary>
/// <param name="board">The board; it stays its owner's.</param>
/// <param name="places">Tasks under way at once, 1 or more.</param>
/// <param name="options">How; null for the defaults.</param>
/// <param name="time">The clock; null for the system's.</param>
public sealed class SharedWorker(ITaskBoard board, int places, SharingOptions? options = null, TimeProvider? time = null)
{
    private readonly ITaskBoard _board = board;
    private readonly int _places = places;
    private readonly SharingOptions _options = options ?? new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _leases;

    /// <summary>The worker's name.</summary>
    public string Name { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Is told when the board cannot be reached, and that a result was refused; null for nobody.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Removes secrets from failures before they are told.</summary>
    public SecretMask Mask { get; init; } = SecretMask.Default;

    /// <summary>How long tasks that are under way may take after a stop before they are given back.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Does the tasks of a run until it is over, there has been nothing to do for a while, or the worker is stopped.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="make">Does a task, and returns its result. A thrown <see cref="BackendException"/> is a failure of a backend.</param>
    /// <param name="idle">After how long without a task the call returns.</param>
    /// <param name="stop">Takes no more tasks; those under way are finished, or given back after <see cref="StopWithin"/>.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="BackendException">A backend refused this worker's authorization: its tasks were given back, for others to do.</exception>
    /// <exception cref="RunStoppedException">Too many tasks in a row failed here.</exception>
    /// <exception cref="BoardUnavailableException">The board could not be reached for long.</exception>
    public async Task<SharedWorkerTotals> RunAsync(
        string run, Func<string, CancellationToken, Task<ReadOnlyMemory<byte>>> make, TimeSpan idle, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrEmpty(run);
        ArgumentNullException.ThrowIfNull(make);
        ArgumentOutOfRangeException.ThrowIfLessThan(_places, 1, nameof(places));
        using var work = new Work(this, run, make, stop);
        return await work.DoAsync(idle);
    }

    /// <summary>One call's work.</summary>
    private sealed class Work : IDisposable
    {
        private readonly SharedWorker _worker;
        private readonly string _run;
        private readonly Func<string, CancellationToken, Task<ReadOnlyMemory<byte>>> _make;
        private readonly BoardPatience _patience;

        // Those of a lost lease among them, until they have really ended.
        private readonly ConcurrentDictionary<(string Key, TaskLease Lease), Held> _held = new();
        private readonly SemaphoreSlim _freed = new(0);
        private readonly CancellationTokenSource _stop;
        private readonly CancellationTokenSource _end = new();
        private Exception? _sick;
        private int _failuresInARow;
        private int _done;
        private int _failed;
        private int _refused;

        public Work(SharedWorker worker, string run, Func<string, CancellationToken, Task<ReadOnlyMemory<byte>>> make, CancellationToken stop)
        {
            (_worker, _run, _make) = (worker, run, make);
            _patience = new(worker._options, worker._time, worker.Notice);
            _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        }

        public async Task<SharedWorkerTotals> DoAsync(TimeSpan idle)
        {
            var signs = Task.Run(RenewAsync);
            try
            {
                await TakeAsync(idle);
                await FinishAsync();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // Stopped while the board was out of reach.
            }
            finally
            {
                await _end.CancelAsync();
                await signs;
                foreach (var held in _held.Values) await held.Cancel.CancelAsync();
                await Task.WhenAll(_held.Values.Select(held => held.Done));
                await GiveBackAsync();
            }

            return _sick is null ? new(_done, _failed, _refused) : throw _sick;
        }

        public void Dispose()
        {
            _stop.Dispose();
            _end.Dispose();
        }

        /// <summary>Takes tasks until there is a reason to end.</summary>
        private async Task TakeAsync(TimeSpan idle)
        {
            var busy = _worker._time.GetTimestamp();
            while (!_stop.IsCancellationRequested)
            {
                var free = _worker._places - _held.Count;
                if (free > 0)
                {
                    var lease = new TaskLease(_worker.Name, Interlocked.Increment(ref _worker._leases));
                    var keys = await _patience.TryAsync(
                        () => _worker._board.LeaseAsync(_run, lease, free, _worker._options.Term), _stop.Token);
                    if (keys is null && _held.IsEmpty) return;
                    foreach (var key in keys ?? []) Start(key, lease);
                    if (!_held.IsEmpty) busy = _worker._time.GetTimestamp();
                    else if (_worker._time.GetElapsedTime(busy) >= idle) return;
                }

                await WaitAsync(free > 0 ? _worker._options.Period * 3 : _worker._options.Term);
            }
        }

        /// <summary>Waits until a place is free, or so long.</summary>
        private async Task WaitAsync(TimeSpan most)
        {
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var freed = _freed.WaitAsync(wait.Token);
            await Task.WhenAny(freed, Task.Delay(most, _worker._time, wait.Token));
            await wait.CancelAsync();
            await freed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        /// <summary>Lets the tasks under way end, for a while.</summary>
        private async Task FinishAsync()
        {
            var running = Task.WhenAll(_held.Values.Select(held => held.Done));
            try
            {
                await running.WaitAsync(_worker.StopWithin, _worker._time);
            }
            catch (TimeoutException)
            {
                // The rest is given back.
            }
        }

        private void Start(string key, TaskLease lease)
        {
            // A lease of its own that ran out while the board was out of reach: that try is worth nothing any more.
            foreach (var (earlier, lost) in _held)
            {
                if (earlier.Key.Equals(key, StringComparison.Ordinal)) lost.Cancel.Cancel();
            }

            var held = new Held(lease, new CancellationTokenSource());
            _held[(key, lease)] = held;
            held.Done = Task.Run(() => DoAsync(key, held));
        }

        private async Task DoAsync(string key, Held held)
        {
            try
            {
                await MakeAsync(key, held);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                // Given back.
            }
            catch (Exception failure)
            {
                Sicken(failure);
            }
            finally
            {
                _held.TryRemove((key, held.Lease), out _);
                _freed.Release();
            }
        }

        private async Task MakeAsync(string key, Held held)
        {
            TaskFailure failure;
            var retries = 0;
            try
            {
                var result = await _make(key, held.Cancel.Token);
                if (result.Length <= SharingOptions.MostBytes)
                {
                    _failuresInARow = 0;
                    Count(await _patience.TryAsync(() => _worker._board.FinishAsync(_run, held.Lease, key, result), _end.Token), ref _done, key);
                    return;
                }

                failure = new("ResultTooLarge", $"the result of {key} has {result.Length} bytes; a shared result has at most {SharingOptions.MostBytes}.");
            }
            catch (Exception) when (held.Cancel.IsCancellationRequested)
            {
                // Lost, or given back: whatever a stopped task throws is the stop's doing.
                if (!_end.IsCancellationRequested) Refuse(key);
                return;
            }
            catch (Exception refused) when (RefusesAuthorization(refused) is { } cause)
            {
                // Another worker may have what this one lacks: the task is given back with the rest.
                Sicken(cause);
                return;
            }
            catch (BackendException backend)
            {
                failure = TaskFailure.Of(backend);
                retries = RolloutOptions.MayPass(backend) ? _worker._options.Retries : 0;
                if (Interlocked.Increment(ref _failuresInARow) >= _worker._options.FailuresInARow)
                {
                    Sicken(new RunStoppedException(
                        $"{_worker._options.FailuresInARow} tasks in a row failed here, so this worker stops; other workers do the rest. The last failure: "
                            + backend.Message, backend));
                }
            }
            catch (Exception other)
            {
                failure = TaskFailure.Of(other);
            }

            failure = failure with { Message = _worker.Mask.Mask(failure.Message) };
            Count(await _patience.TryAsync(() => _worker._board.FailAsync(_run, held.Lease, key, failure, retries), _end.Token), ref _failed, key);
        }

        private void Count(bool isWritten, ref int counter, string key)
        {
            if (isWritten) Interlocked.Increment(ref counter);
            else Refuse(key);
        }

        private void Refuse(string key)
        {
            Interlocked.Increment(ref _refused);
            _worker.Notice?.Invoke($"{key}: the lease was lost, so the result is not counted; another worker does the task.");
        }

        private void Sicken(Exception cause)
        {
            Interlocked.CompareExchange(ref _sick, cause, null);
            _stop.Cancel();
        }

        private async Task RenewAsync()
        {
            while (!_end.IsCancellationRequested)
            {
                await Task.Delay(_worker._options.Term / 3, _worker._time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_end.IsCancellationRequested || _held.IsEmpty) continue;
                try
                {
                    var before = _held.ToArray();
                    Dictionary<string, TaskLease> leases = new(StringComparer.Ordinal);
                    foreach (var (key, lease) in before.Select(one => one.Key).OrderBy(one => one.Lease.Number)) leases[key] = lease;
                    var still = await _worker._board.RenewAsync(_run, leases, _worker._options.Term);
                    foreach (var ((key, lease), held) in before)
                    {
                        if (!still.Contains(key) || leases[key] != lease) await held.Cancel.CancelAsync();
                    }
                }
                catch (BoardUnavailableException)
                {
                    // The next sign of life may get through; if not, the lease runs out, and the board refuses what comes late.
                }
            }
        }

        private async Task GiveBackAsync()
        {
            try
            {
                await _worker._board.GiveBackAsync(_run, _worker.Name);
            }
            catch (BoardUnavailableException)
            {
                // Then the leases run out.
            }
        }

        private static BackendAuthenticationException? RefusesAuthorization(Exception? failure) =>
            failure is null ? null : failure as BackendAuthenticationException ?? RefusesAuthorization(failure.InnerException);

        private sealed class Held(TaskLease lease, CancellationTokenSource cancel)
        {
            public TaskLease Lease => lease;

            public CancellationTokenSource Cancel => cancel;

            public Task Done { get; set; } = Task.CompletedTask;
        }
    }
}

using GenAgent.Torch.Native;

namespace GenAgent.Training.Runs;

/// <summary>
/// Lets a trainer be disposed of while it runs: the run stops after its present step, with a checkpoint, and disposal waits for it. Thread-safe.
/// </summary>
internal sealed class RunGate : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _running = new();
    private int _isAsked;

    /// <summary>Runs, one run at a time.</summary>
    /// <param name="run">The run; its token is cancelled when the trainer is disposed of.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="ObjectDisposedException">The trainer is disposed of.</exception>
    public TrainingOutcome Run(Func<CancellationToken, TrainingOutcome> run, CancellationToken cancellationToken)
    {
        lock (_running)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, typeof(TrainingRun));
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            using var work = NativeWork.Enter(Ask, Wait);
            return run(either.Token);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Called by the run itself, which would wait for itself.</exception>
    public void Dispose()
    {
        if (_running.IsHeldByCurrentThread) throw new InvalidOperationException("A trainer cannot be disposed of by its own run: stop the run first.");
        Ask();
        Wait();
        _stop.Dispose();
    }

    private void Ask()
    {
        if (Interlocked.Exchange(ref _isAsked, 1) == 0) _stop.Cancel();
    }

    private void Wait()
    {
        if (_running.IsHeldByCurrentThread) return;
        lock (_running)
        {
            // The run has ended.
        }
    }
}

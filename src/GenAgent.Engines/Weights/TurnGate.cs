namespace GenAgent.Engines.Weights;

/// <summary>
/// Lets turns in while it is open. Closing it waits for those inside, so that the weights never change within a turn. Thread-safe.
/// </summary>
internal sealed class TurnGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _opened;
    private TaskCompletionSource? _emptied;
    private int _inside;

    /// <summary>Waits until the gate is open; disposing the result leaves.</summary>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task opened;
            lock (_lock)
            {
                if (_opened is null)
                {
                    _inside++;
                    return new Once(Leave);
                }

                opened = _opened.Task;
            }

            await opened.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Closes the gate and waits until nobody is inside; disposing the result opens it. One at a time.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the gate is open.</exception>
    public async Task<IDisposable> CloseAsync(CancellationToken cancellationToken)
    {
        Task emptied;
        lock (_lock)
        {
            if (_opened is not null) throw new InvalidOperationException("The gate is closed: one update at a time.");
            _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inside == 0) _emptied.SetResult();
            emptied = _emptied.Task;
        }

        try
        {
            await emptied.WaitAsync(cancellationToken);
            return new Once(Open);
        }
        catch
        {
            Open();
            throw;
        }
    }

    private void Open()
    {
        lock (_lock)
        {
            _opened?.SetResult();
            (_opened, _emptied) = (null, null);
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_inside == 0) _emptied?.TrySetResult();
        }
    }

    private sealed class Once(Action action) : IDisposable
    {
        private Action? _action = action;

        public void Dispose() => Interlocked.Exchange(ref _action, null)?.Invoke();
    }
}

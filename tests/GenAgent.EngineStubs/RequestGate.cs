namespace GenAgent.EngineStubs;

/// <summary>Lets requests in while it is open. Closing it waits for those inside, so that weights never change within a request. Thread-safe.</summary>
public sealed class RequestGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _opened;
    private TaskCompletionSource? _emptied;
    private int _inside;

    /// <summary>Whether requests wait outside.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_lock) return _opened is not null;
        }
    }

    /// <summary>Requests inside.</summary>
    public int Inside
    {
        get
        {
            lock (_lock) return _inside;
        }
    }

    /// <summary>Waits until the gate is open; disposing of the result leaves.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The stay inside.</returns>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task opened;
            lock (_lock)
            {
                if (_opened is null)
                {
                    _inside++;
                    return new Stay(this);
                }

                opened = _opened.Task;
            }

            await opened.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Closes the gate; the task ends when nobody is inside any more.</summary>
    /// <returns>The task.</returns>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _opened ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inside == 0) return Task.CompletedTask;
            return (_emptied ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Opens the gate.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _opened?.SetResult();
            _opened = null;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_inside > 0) return;
            _emptied?.SetResult();
            _emptied = null;
        }
    }

    private sealed class Stay(RequestGate gate) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) gate.Leave();
        }
    }
}

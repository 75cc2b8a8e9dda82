namespace GenAgent.Torch.Native;

/// <summary>
/// The thread that computes for an engine, step by step, and sleeps in between. Disposing waits for the current step to end, so that nothing is freed while
/// native code uses it; a process that exits without disposing waits too. Thread-safe.
/// </summary>
internal sealed class NativeThread : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private readonly Action _serve;
    private readonly Action<Exception?> _ended;
    private int _isAsked;

    /// <summary>Makes the thread; see <see cref="Start"/>.</summary>
    /// <param name="name">For debuggers.</param>
    /// <param name="serve">Runs until <see cref="IsStopped"/>.</param>
    /// <param name="ended">Called last, on the thread, with the exception of <paramref name="serve"/> or null. It fails the requests that still wait.</param>
    public NativeThread(string name, Action serve, Action<Exception?> ended)
    {
        (_serve, _ended, Stopped) = (serve, ended, _stop.Token);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Cancelled when the thread must stop.</summary>
    public CancellationToken Stopped { get; }

    /// <summary>Whether the thread must stop. Check it after queueing work, because the thread may have ended before it saw the queue.</summary>
    public bool IsStopped => Stopped.IsCancellationRequested;

    public void Start() => _thread.Start();

    /// <summary>Wakes the thread to handle new or cancelled work.</summary>
    public void Wake()
    {
        try
        {
            _signal.Release();
        }
        catch (ObjectDisposedException)
        {
            // Nobody is left to wake.
        }
    }

    /// <summary>Sleeps until the next <see cref="Wake"/>; called by the thread itself.</summary>
    public void Wait()
    {
        _signal.Wait();
        while (_signal.Wait(0))
        {
            // Several wake-ups are handled as one.
        }
    }

    /// <summary>Stops after the current step, and returns when the thread has ended. Called on the thread itself, it only requests the stop.</summary>
    public void Dispose()
    {
        Ask();
        if (_thread == Thread.CurrentThread) return;
        _thread.Join();
        _signal.Dispose();
        _stop.Dispose();
    }

    private void Ask()
    {
        if (Interlocked.Exchange(ref _isAsked, 1) == 0) _stop.Cancel();
        Wake();
    }

    private void Run()
    {
        using var work = NativeWork.Enter(Ask, Dispose);
        Exception? fault = null;
        try
        {
            _serve();
        }
#pragma warning disable CA1031 // Nobody is above a thread: those who wait are told.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            fault = thrown;
        }

        Ask();
        _ended(fault);
    }
}

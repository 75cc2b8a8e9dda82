namespace GenAgent.Torch.Native;

/// <summary>
/// The one thread that computes for an engine, in steps, and sleeps in between. Disposal lets the present step end and waits for it, so that nothing
/// is freed under native code; a process that ends without disposing waits alike. Thread-safe.
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
    /// <param name="serve">Works until <see cref="IsStopped"/>.</param>
    /// <param name="ended">Called last, on the thread: told what <paramref name="serve"/> threw, or null. Fails those who still wait.</param>
    public NativeThread(string name, Action serve, Action<Exception?> ended)
    {
        (_serve, _ended, Stopped) = (serve, ended, _stop.Token);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Cancelled when the work is to end.</summary>
    public CancellationToken Stopped { get; }

    /// <summary>Whether the work is to end. Who queues work looks at it afterwards, as the thread may have ended before it saw the queue.</summary>
    public bool IsStopped => Stopped.IsCancellationRequested;

    public void Start() => _thread.Start();

    /// <summary>Wakes the thread, to act on what has come or was cancelled.</summary>
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
            // What woke the thread more than once is acted on once.
        }
    }

    /// <summary>Stops after the present step, and returns when the thread has ended; called on the thread itself it only asks.</summary>
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

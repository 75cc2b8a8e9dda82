namespace GenAgent.Torch.Generation.Cpu;

/// <summary>
/// A few threads that run one function together, with barriers inside it. They spin while work follows work, and sleep when none comes.
/// One caller at a time; the caller is one of the workers.
/// </summary>
internal sealed class WorkerTeam : IDisposable
{
    private const int SpinsBeforeYield = 4000;
    private const int SpinsBeforeSleep = 20000;

    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _wake = new(0);
    private Action<int>? _work;
    private Exception? _fault;
    private int _run;
    private int _sleeping;
    private int _running;
    private int _waiting;
    private int _phase;
    private int _next;
    private volatile bool _stopped;

    /// <summary>Starts the team.</summary>
    /// <param name="size">Number of workers with the caller, 1 or more.</param>
    public WorkerTeam(int size)
    {
        Size = size;
        _threads = new Thread[size - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var worker = i + 1;
            _threads[i] = new Thread(() => Serve(worker)) { IsBackground = true, Name = $"decoder worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of workers.</summary>
    public int Size { get; }

    /// <summary>Runs the function once on every worker, and returns when all have returned. It gets the worker's index.</summary>
    public void Run(Action<int> work)
    {
        if (Size == 1)
        {
            _next = 0;
            work(0);
            return;
        }

        (_work, _fault, _next, _waiting) = (work, null, 0, 0);
        Volatile.Write(ref _running, Size - 1);
        Interlocked.Increment(ref _run);
        var sleeping = Volatile.Read(ref _sleeping);
        if (sleeping > 0)
        {
            _wake.Release(sleeping);
        }

        Call(0);
        for (var spins = 0; Volatile.Read(ref _running) > 0; spins++)
        {
            Pause(spins);
        }

        if (_fault is { } fault)
        {
            throw new InvalidOperationException("A decoder worker failed.", fault);
        }
    }

    /// <summary>Waits until every worker has come here. All workers pass the same barriers in the same order.</summary>
    public void Barrier()
    {
        if (Size == 1)
        {
            _next = 0;
            return;
        }

        var phase = Volatile.Read(ref _phase);
        if (Interlocked.Increment(ref _waiting) == Size)
        {
            _waiting = 0;
            _next = 0;
            Volatile.Write(ref _phase, phase + 1);
            return;
        }

        for (var spins = 0; Volatile.Read(ref _phase) == phase; spins++)
        {
            if (Volatile.Read(ref _fault) is not null)
            {
                throw new BrokenBarrierException();
            }

            Pause(spins);
        }
    }

    /// <summary>The next piece of work since the last barrier that nobody has taken, from 0.</summary>
    public int TakeNext() => Size == 1 ? _next++ : Interlocked.Increment(ref _next) - 1;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped = true;
        _wake.Release(_threads.Length + 1);
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _wake.Dispose();
    }

    private static void Pause(int spins)
    {
        if (spins < SpinsBeforeYield)
        {
            Thread.SpinWait(4);
        }
        else
        {
            Thread.Yield();
        }
    }

    private void Serve(int worker)
    {
        for (var seen = 0; ;)
        {
            for (var spins = 0; Volatile.Read(ref _run) == seen && !_stopped; spins++)
            {
                if (spins < SpinsBeforeSleep)
                {
                    Pause(spins);
                    continue;
                }

                Interlocked.Increment(ref _sleeping);
                if (Volatile.Read(ref _run) == seen && !_stopped)
                {
                    _wake.Wait();
                }

                Interlocked.Decrement(ref _sleeping);
                spins = 0;
            }

            if (_stopped)
            {
                return;
            }

            seen = Volatile.Read(ref _run);
            Call(worker);
            Interlocked.Decrement(ref _running);
        }
    }

    private void Call(int worker)
    {
        try
        {
            _work!(worker);
        }
#pragma warning disable CA1031 // Carried over to the caller, which throws it again.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            // Whoever waits at a barrier for this worker sees the fault and leaves too.
            Interlocked.CompareExchange(ref _fault, fault, null);
        }
    }

    private sealed class BrokenBarrierException : Exception;
}

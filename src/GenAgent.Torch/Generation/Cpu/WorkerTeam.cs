namespace GenAgent.Torch.Generation.Cpu;

/// <summary>
/// A few threads that run one function together. The function is a sequence of phases, each divided into items; a free worker takes the next item. A phase
/// ends when its items are done, even if some worker never joined it: a descheduled helper delays at most the item that it holds, and later skips the
/// phases that it missed. A helper may therefore still run through a finished run while the caller prepares the next one; it then gets no items. One caller
/// at a time; the caller is one of the workers.
/// </summary>
internal sealed class WorkerTeam : IDisposable
{
    /// <summary><see cref="Take"/> returns this when the phase is over.</summary>
    public const int Over = -1;

    /// <summary><see cref="Take"/> returns this to the worker that finished the last item: the others wait until it calls <see cref="EndPhase"/>.</summary>
    public const int Last = -2;

    /// <summary>The most items that a phase can have.</summary>
    public const int MostItems = (1 << ItemBits) - 1;

    /// <summary>The most phases that a run can have.</summary>
    public const int MostPhases = (1 << (RunBits - ItemBits)) - 1;

    private const int SpinsBeforeYield = 300;
    private const int SpinsBeforeSleep = 10000;

    // A ticket holds the current run, the current phase and the next item, in 32, 10 and 22 bits.
    private const int ItemBits = 22;
    private const int RunBits = 32;
    private const ulong OnePhase = 1UL << ItemBits;
    private const ulong AllPhases = 1UL << RunBits;

    private readonly Thread[] _threads;
    private readonly Place[] _places;
    private readonly Counters _shared = new();
    private readonly SemaphoreSlim _wake = new(0);
    private Action<int>? _work;
    private Exception? _fault;
    private int _sleeping;
    private int _inside;
    private volatile bool _stopped;

    /// <summary>Starts the team.</summary>
    /// <param name="size">Number of workers with the caller, 1 or more.</param>
    public WorkerTeam(int size)
    {
        Size = size;
        _places = [.. Enumerable.Range(0, size).Select(_ => new Place())];
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

    /// <summary>Runs the function, and returns when all its phases are over. It gets the worker's index.</summary>
    /// <param name="work">Takes items phase by phase, the same phases in every worker; between phases it must not touch anything that others write.</param>
    public void Run(Action<int> work)
    {
        var start = (Volatile.Read(ref _shared.Ticket) & ~(AllPhases - 1)) + AllPhases;
        (_work, _fault, _shared.Done) = (work, null, 0);
        Interlocked.Exchange(ref _shared.Ticket, start);
        var sleeping = Volatile.Read(ref _sleeping);
        if (sleeping > 0)
        {
            _wake.Release(sleeping);
        }

        Call(0, start);

        // Moves to a phase that no run has, so nobody starts another item.
        Interlocked.Exchange(ref _shared.Ticket, start + (MostPhases * OnePhase));
        if (_fault is { } fault)
        {
            // Waits for every worker that is still processing an item.
            for (var spins = 0; Volatile.Read(ref _inside) > 0; spins++)
            {
                Pause(spins);
            }

            throw new InvalidOperationException("A decoder worker failed.", fault);
        }
    }

    /// <summary>Marks the worker's current item, if any, as done, and returns the next item of the phase.</summary>
    /// <param name="worker">The worker's index.</param>
    /// <param name="items">Number of items of the phase, 1 to <see cref="MostItems"/>.</param>
    /// <returns>The item, from 0; or <see cref="Over"/>; or <see cref="Last"/>.</returns>
    public int Take(int worker, int items)
    {
        var place = _places[worker];
        if (place.HasItem)
        {
            place.HasItem = false;
            if (Interlocked.Increment(ref _shared.Done) == items)
            {
                return Last;
            }
        }

        for (var spins = 0; ;)
        {
            var ticket = Volatile.Read(ref _shared.Ticket);
            var item = (int)(ticket & (OnePhase - 1));
            if (ticket - (ulong)item != place.Phase)
            {
                place.Phase += OnePhase;
                return Over;
            }

            if (item < items)
            {
                if (Interlocked.CompareExchange(ref _shared.Ticket, ticket + 1, ticket) == ticket)
                {
                    place.HasItem = true;
                    return item;
                }

                continue;
            }

            if (Volatile.Read(ref _fault) is not null)
            {
                throw new BrokenRunException();
            }

            Pause(spins++);
        }
    }

    /// <summary>Takes an item of a phase that needs no final action; false when the phase is over.</summary>
    public bool TryTake(int worker, int items, out int item)
    {
        item = Take(worker, items);
        if (item == Last)
        {
            EndPhase(worker);
        }

        return item >= 0;
    }

    /// <summary>Ends the phase; called by the worker that received <see cref="Last"/>.</summary>
    public void EndPhase(int worker)
    {
        _shared.Done = 0;
        Volatile.Write(ref _shared.Ticket, _places[worker].Phase += OnePhase);
    }

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
            Thread.SpinWait(2);
        }
        else
        {
            Thread.Yield();
        }
    }

    private void Serve(int worker)
    {
        for (var seen = 0UL; ;)
        {
            for (var spins = 0; CurrentRun() == seen && !_stopped; spins++)
            {
                if (spins < SpinsBeforeSleep)
                {
                    Pause(spins);
                    continue;
                }

                Interlocked.Increment(ref _sleeping);
                if (CurrentRun() == seen && !_stopped)
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

            seen = CurrentRun();
            Interlocked.Increment(ref _inside);
            Call(worker, seen);
            Interlocked.Decrement(ref _inside);
        }
    }

    private ulong CurrentRun() => Volatile.Read(ref _shared.Ticket) & ~(AllPhases - 1);

    private void Call(int worker, ulong start)
    {
        try
        {
            (_places[worker].Phase, _places[worker].HasItem) = (start, false);
            _work!(worker);
        }
#pragma warning disable CA1031 // Carried over to the caller, which throws it again.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            // Workers that wait for this worker's item see the fault and stop too.
            if (CurrentRun() == start)
            {
                Interlocked.CompareExchange(ref _fault, fault, null);
            }
        }
    }

    /// <summary>Where a worker is: the ticket of its phase's first item, and whether it is processing an item.</summary>
    private sealed class Place
    {
        public ulong Phase;
        public bool HasItem;
    }

    /// <summary>What all workers write.</summary>
    private sealed class Counters
    {
        public ulong Ticket;
        public int Done;
    }

    private sealed class BrokenRunException : Exception;
}

using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace GenAgent.Training.Workers;

/// <summary>
/// A fixed set of threads that work on one step together, each with torch's own parallelism kept to a share of the cores.
/// A second torch thread does not speed up small operations, but a second worker speeds up a batch. Used by one thread at a time.
/// </summary>
public sealed class WorkerThreads : IDisposable
{
    private readonly Worker[] _workers;

    /// <summary>Starts the threads.</summary>
    /// <param name="count">Number of workers, 1 or more.</param>
    /// <param name="torchThreads">Torch threads that each worker uses; set for the whole process before its first operation.</param>
    public WorkerThreads(int count, int torchThreads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(torchThreads, 1);
        set_num_threads(torchThreads);
        _workers = [.. Enumerable.Range(0, count).Select(index => new Worker(index, torchThreads))];
    }

    /// <summary>Number of workers.</summary>
    public int Count => _workers.Length;

    /// <summary>Runs the work once on every worker, with the worker's index, and returns when all are done.</summary>
    /// <param name="work">What each worker does with its index, from 0.</param>
    /// <exception cref="Exception">The exception of the first worker (by index), thrown after all have ended.</exception>
    public void Run(Action<int> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        foreach (var worker in _workers) worker.Start(work);
        ExceptionDispatchInfo? fault = null;
        foreach (var worker in _workers)
        {
            var ended = worker.WaitForEnd();
            fault ??= ended;
        }

        fault?.Throw();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var worker in _workers) worker.Dispose();
    }

    private sealed class Worker : IDisposable
    {
        private readonly SemaphoreSlim _go = new(0);
        private readonly SemaphoreSlim _done = new(0);
        private readonly Thread _thread;
        private readonly int _index;
        private Action<int>? _work;
        private ExceptionDispatchInfo? _fault;

        public Worker(int index, int torchThreads)
        {
            _index = index;
            _thread = new Thread(() => Loop(torchThreads)) { IsBackground = true, Name = $"training worker {index}" };
            _thread.Start();
        }

        public void Start(Action<int> work)
        {
            _work = work;
            _go.Release();
        }

        public ExceptionDispatchInfo? WaitForEnd()
        {
            _done.Wait();
            return _fault;
        }

        public void Dispose()
        {
            _work = null;
            _go.Release();
            _thread.Join();
            _go.Dispose();
            _done.Dispose();
        }

        private void Loop(int torchThreads)
        {
            set_num_threads(torchThreads);
            while (true)
            {
                _go.Wait();
                if (_work is not { } work) return;
                try
                {
                    _fault = null;
                    work(_index);
                }
                catch (Exception fault)
                {
                    _fault = ExceptionDispatchInfo.Capture(fault);
                }

                _done.Release();
            }
        }
    }
}

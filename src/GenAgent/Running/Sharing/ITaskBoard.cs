namespace GenAgent.Running.Sharing;

/// <summary>
/// Where runs post their tasks, and workers of any machine take them. A task is held by a lease: whoever writes names it, and changes nothing once the lease
/// is another's. So each key has one result, whichever process dies, is cut off or is slow. An owner holds its run likewise. What a call has returned from is
/// durable. Safe to use from many tasks at once. Every call throws <see cref="BoardUnavailableException"/> if the board cannot be reached.
/// </summary>
public interface ITaskBoard : IAsyncDisposable
{
    /// <summary>Takes a run for an owner, and makes it where there is none. An owner that held it before has lost it.</summary>
    /// <param name="run">The run. What the board says of it is replaced.</param>
    /// <param name="owner">The owner's name, which no other process has.</param>
    /// <param name="term">How long the owner holds the run without a sign of life.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Keys of tasks with a result that no owner has removed. Tasks that wait are withdrawn: the owner posts again what it needs.</returns>
    Task<IReadOnlyList<string>> OpenAsync(SharedRun run, string owner, TimeSpan term, CancellationToken cancellationToken = default);

    /// <summary>Prolongs an owner's hold on its run.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="term">How long from now.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How the run stands; null if another owner has it.</returns>
    Task<BoardCounts?> HoldAsync(string run, string owner, TimeSpan term, CancellationToken cancellationToken = default);

    /// <summary>Posts tasks; one that is there stays as it is.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="keys">The tasks' keys, in the order in which they are to be done.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>False if another owner has the run, and nothing was written.</returns>
    Task<bool> PostAsync(string run, string owner, IReadOnlyList<string> keys, CancellationToken cancellationToken = default);

    /// <summary>Results of tasks that have ended. Changes nothing: they stay until they are removed.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="most">The most results to return.</param>
    /// <param name="known">Keys of results that the owner has already; they are left out.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The results; null if another owner has the run.</returns>
    Task<IReadOnlyList<TaskResult>?> ResultsAsync(
        string run, string owner, int most, IReadOnlyCollection<string> known, CancellationToken cancellationToken = default);

    /// <summary>Removes tasks whose results the owner has kept.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="keys">The tasks' keys.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>False if another owner has the run, and nothing was written.</returns>
    Task<bool> RemoveAsync(string run, string owner, IReadOnlyList<string> keys, CancellationToken cancellationToken = default);

    /// <summary>Lets a run go. Workers take no more of its tasks.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="isOver">Whether all is done: the run is removed. Otherwise results that come later wait for the next owner.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task CloseAsync(string run, string owner, bool isOver, CancellationToken cancellationToken = default);

    /// <summary>Runs that an owner holds and that have tasks to take, oldest first.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The runs.</returns>
    Task<IReadOnlyList<SharedRun>> RunsAsync(CancellationToken cancellationToken = default);

    /// <summary>Takes tasks: those that wait, or whose lease has run out; those that this worker failed come last.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="lease">The lease, which no other call has.</param>
    /// <param name="most">The most tasks to take.</param>
    /// <param name="term">How long they are held without a sign of life.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The keys of the tasks; null if no owner holds the run.</returns>
    Task<IReadOnlyList<string>?> LeaseAsync(string run, TaskLease lease, int most, TimeSpan term, CancellationToken cancellationToken = default);

    /// <summary>Prolongs leases of one worker.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="held">The leases, by the key of each task.</param>
    /// <param name="term">How long from now.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The keys of those that it still holds.</returns>
    Task<IReadOnlySet<string>> RenewAsync(
        string run, IReadOnlyDictionary<string, TaskLease> held, TimeSpan term, CancellationToken cancellationToken = default);

    /// <summary>Ends a task with its result. May be repeated.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="key">The task's key.</param>
    /// <param name="result">The result.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>False if the lease is lost, and nothing was written.</returns>
    Task<bool> FinishAsync(string run, TaskLease lease, string key, ReadOnlyMemory<byte> result, CancellationToken cancellationToken = default);

    /// <summary>Tells that a task failed. It waits again, behind all others, or ends with the failure. May be repeated.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="key">The task's key.</param>
    /// <param name="failure">Why.</param>
    /// <param name="retries">How often a task is tried again; 0 to end it now.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>False if the lease is lost, and nothing was written.</returns>
    Task<bool> FailAsync(string run, TaskLease lease, string key, TaskFailure failure, int retries, CancellationToken cancellationToken = default);

    /// <summary>Gives a worker's tasks back; that they were taken does not count.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task GiveBackAsync(string run, string worker, CancellationToken cancellationToken = default);
}

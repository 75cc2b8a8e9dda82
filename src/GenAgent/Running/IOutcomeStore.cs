namespace GenAgent.Running;

/// <summary>Where a run keeps its outcomes. Safe to use from many tasks at once.</summary>
/// <typeparam name="TOutcome">What a task ends with.</typeparam>
public interface IOutcomeStore<TOutcome>
    where TOutcome : class
{
    /// <summary>The kept outcome of a task; null if the task is still to be done.</summary>
    /// <param name="key">The task's key.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The outcome, or null.</returns>
    ValueTask<TOutcome?> FindAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Keeps an outcome, and returns it as it is kept. When the returned task completes, the outcome survives a killed process.</summary>
    /// <param name="key">The task's key.</param>
    /// <param name="outcome">What the task ended with. An outcome that a backend failed may be kept for the record; <see cref="FindAsync"/> does not return
    /// it.</param>
    /// <param name="cancellationToken">Gives up waiting; an outcome that is being written is written.</param>
    /// <returns>The outcome, as it is kept.</returns>
    /// <exception cref="IOException">The outcome could not be written; what was kept before is whole.</exception>
    Task<TOutcome> KeepAsync(string key, TOutcome outcome, CancellationToken cancellationToken = default);
}

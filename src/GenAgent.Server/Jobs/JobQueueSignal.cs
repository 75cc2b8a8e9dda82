namespace GenAgent.Server.Jobs;

/// <summary>Wakes this process's worker when a job may be taken.</summary>
internal sealed class JobQueueSignal : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);

    public void Set()
    {
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is set already.
        }
    }

    /// <summary>Waits for the signal, at most so long: other processes queue jobs too.</summary>
    public Task WaitAsync(TimeSpan most, CancellationToken cancellationToken) => _signal.WaitAsync(most, cancellationToken);

    public void Dispose() => _signal.Dispose();
}

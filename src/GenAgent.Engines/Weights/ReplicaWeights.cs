using GenAgent.Engines.Replicas;
using GenAgent.Models;

namespace GenAgent.Engines.Weights;

/// <summary>
/// The weights of one replica: brings it to new ones from whatever state an earlier update has left it in. One call works at a time, others wait.
/// </summary>
/// <param name="replica">The replica.</param>
/// <param name="protocol">Its calls.</param>
internal sealed class ReplicaWeights(Replica replica, IWeightProtocol protocol) : IDisposable
{
    private readonly SemaphoreSlim _lock = new(1);

    public Replica Replica => replica;

    /// <summary>Whether the last update failed, so that the replica does not sample.</summary>
    public bool IsOut { get; private set; }

    /// <summary>Fails if the replica cannot be reached, or tells no version of its weights.</summary>
    /// <exception cref="BackendException">What is wrong with it.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await replica.Http.CheckHealthAsync();
        if (await protocol.ReadVersionAsync(cancellationToken) is null)
        {
            throw new BackendAnswerException(
                $"{replica.Http.Name} tells no version of its weights, so that nobody could say which weights sample: it is too old (docs/scale.md).");
        }
    }

    /// <summary>Brings it to new weights. Where it fails the replica stays paused: it must not sample with weights that are half loaded.</summary>
    /// <exception cref="BackendException">It does not sample with the new weights; the message says why.</exception>
    public async Task BringAsync(EngineWeights weights, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken);
        try
        {
            await UpdateAsync(weights, cancellationToken);
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>Brings it to weights unless it samples with them; true if it had to be brought there.</summary>
    /// <exception cref="BackendException">It does not sample with the weights; the message says why.</exception>
    public async Task<bool> EnsureAsync(Func<EngineWeights?> newest, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken);
        try
        {
            if (newest() is not { } weights || (!IsOut && await IsAtAsync(weights, cancellationToken))) return false;
            await UpdateAsync(weights, cancellationToken);
            return true;
        }
        finally
        {
            _lock.Release();
        }
    }

    public void Dispose() => _lock.Dispose();

    private async Task UpdateAsync(EngineWeights weights, CancellationToken cancellationToken)
    {
        IsOut = true;

        // A server that is gone is not waited for.
        if (replica.Fault is not null) await replica.Http.CheckHealthAsync();
        await protocol.PauseAsync(cancellationToken);
        replica.ForgetImages();
        try
        {
            await protocol.LoadAsync(weights, cancellationToken);
        }
        catch (BackendException failure) when (!failure.TimedOut)
        {
            // A half-done update, this one or that of a run that was killed, keeps another from beginning. What never answered once is not waited for again.
            await protocol.EndHalfDoneAsync(cancellationToken);
            await protocol.LoadAsync(weights, cancellationToken);
        }

        var version = await protocol.ReadVersionAsync(cancellationToken);
        if (!string.Equals(version, weights.Version, StringComparison.Ordinal))
        {
            throw new BackendAnswerException(
                $"{replica.Http.Name} says that it samples with version \"{version ?? "unknown"}\" after the update to version \"{weights.Version}\" "
                    + $"({weights.Folder}).");
        }

        await protocol.ResumeAsync(cancellationToken);
        IsOut = false;
    }

    private async Task<bool> IsAtAsync(EngineWeights weights, CancellationToken cancellationToken) =>
        string.Equals(await protocol.ReadVersionAsync(cancellationToken), weights.Version, StringComparison.Ordinal);
}

using Microsoft.Extensions.AI;

namespace GenAgent.Training.Grpo.Engines;

/// <summary>
/// Samples the policy's turns outside the trainer, for instance on inference servers with one replica or many. Safe to use from many tasks at once; whoever
/// made it disposes it.
/// </summary>
public interface IRolloutEngine : IDisposable
{
    /// <summary>
    /// The agent's model. Every response carries the trace of its tokens, and each turn of the trace the version of the weights that sampled it
    /// (<see cref="RolloutWeights.Version"/>). It samples from the model's own distribution at the policy's temperature, nothing else.
    /// </summary>
    IChatClient Client { get; }

    /// <summary>
    /// Brings the engine to new weights: waits for the turns under way, holds new ones back, and returns when everything that samples from then on has
    /// confirmed the new version. One call at a time.
    /// </summary>
    /// <param name="weights">The weights; their folder stays until the next update has returned.</param>
    /// <param name="cancellationToken">Cancels the operation; the next call brings the engine to one version again.</param>
    /// <exception cref="GenAgent.Models.BackendException">Nothing that samples could be brought to the new weights.</exception>
    Task UpdateAsync(RolloutWeights weights, CancellationToken cancellationToken = default);
}

using GenAgent.Running;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>Where the rollouts of a training step come from.</summary>
public interface IRolloutSource
{
    /// <summary>Gives the rollouts of a step; those of a step that was interrupted are the same again.</summary>
    /// <param name="index">The step, from 0.</param>
    /// <param name="decidedBy">What decides the rollouts beside the step.</param>
    /// <param name="cancellationToken">Stops; finished rollouts stay.</param>
    /// <returns>The step's rollouts, group by group.</returns>
    /// <exception cref="IOException">A file could not be read or written.</exception>
    Task<StepRollouts> CollectAsync(long index, RunManifest decidedBy, CancellationToken cancellationToken);
}

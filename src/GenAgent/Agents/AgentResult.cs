using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>What came of a run.</summary>
/// <param name="Trajectory">All that happened.</param>
/// <param name="Attempts">The images that the model was shown, in order.</param>
/// <param name="Best">The image that the run returns, one of <paramref name="Attempts"/>; null when it made none.</param>
public sealed record AgentResult(Trajectory Trajectory, IReadOnlyList<Attempt> Attempts, Attempt? Best)
{
    /// <summary>Every sound image of the run, candidates that were not chosen included, by <see cref="ImageReference.Id"/>.</summary>
    public IReadOnlyDictionary<string, DataContent> Images { get; init; } = new Dictionary<string, DataContent>(StringComparer.Ordinal);

    /// <summary>What the model's backend threw, for a run that ended by <see cref="StopReason.ModelFailed"/>; otherwise null.</summary>
    public Exception? Error { get; init; }

    /// <summary>What the generator's backend threw last, for a run that ended by <see cref="StopReason.GeneratorFailures"/>; otherwise null.</summary>
    public Exception? GeneratorError { get; init; }

    /// <summary>Why the run ended.</summary>
    public StopReason StopReason => Trajectory.StopReason;

    /// <summary>The image that the run returns.</summary>
    /// <exception cref="InvalidOperationException">The run made none; only a result of <see cref="ImageAgent.RolloutAsync"/> can be so.</exception>
    public DataContent Image =>
        Best?.Image ?? throw new InvalidOperationException($"Run {Trajectory.Id} ended without an image ({StopReason}).");
}

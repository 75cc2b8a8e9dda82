using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>The result of a run.</summary>
/// <param name="Trajectory">The record of the run.</param>
/// <param name="Attempts">The images that the model saw, in order.</param>
/// <param name="Best">The image that the run returns, one of <paramref name="Attempts"/>; null if it made none.</param>
public sealed record AgentResult(Trajectory Trajectory, IReadOnlyList<Attempt> Attempts, Attempt? Best)
{
    /// <summary>Every valid image of the run by <see cref="ImageReference.Id"/>, including candidates that were not chosen.</summary>
    public IReadOnlyDictionary<string, DataContent> Images { get; init; } = new Dictionary<string, DataContent>(StringComparer.Ordinal);

    /// <summary>The exception of the model's backend if the run ended with <see cref="StopReason.ModelFailed"/>; otherwise null.</summary>
    public Exception? Error { get; init; }

    /// <summary>The last exception of the generator's backend if the run ended with <see cref="StopReason.GeneratorFailures"/>; otherwise null.</summary>
    public Exception? GeneratorError { get; init; }

    /// <summary>Why the run ended.</summary>
    public StopReason StopReason => Trajectory.StopReason;

    /// <summary>The image that the run returns.</summary>
    /// <exception cref="InvalidOperationException">The run made none; possible only for a result of <see cref="ImageAgent.RolloutAsync"/>.</exception>
    public DataContent Image =>
        Best?.Image ?? throw new InvalidOperationException($"Run {Trajectory.Id} ended without an image ({StopReason}).");
}

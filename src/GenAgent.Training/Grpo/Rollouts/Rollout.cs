using GenAgent.Training.Synthesis;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>One run of the agent on a task, judged. Immutable.</summary>
/// <param name="Task">The task.</param>
/// <param name="Trajectory">All that happened, with the rewards by name.</param>
/// <param name="Images">The images that the model was shown, in order, encoded.</param>
/// <param name="Failure">Why the rollout does not count (a judge, a generator or a server failed); null when it counts.</param>
public sealed record Rollout(SynthesisPrompt Task, Trajectory Trajectory, IReadOnlyList<DataContent> Images, string? Failure)
{
    /// <summary>The sum of the weighted rewards; NaN where the rollout does not count.</summary>
    public double Reward => Failure is null ? Trajectory.Reward ?? double.NaN : double.NaN;

    /// <summary>Rounds with an image: what resampling makes uniform.</summary>
    public int Turns => Trajectory.ImageRounds;
}

/// <summary>All rollouts of one task in one step.</summary>
/// <param name="Task">The task.</param>
/// <param name="Rollouts">The rollouts that were made, by sample.</param>
public sealed record RolloutGroup(SynthesisPrompt Task, IReadOnlyList<Rollout> Rollouts)
{
    /// <summary>The rollouts that count.</summary>
    public IReadOnlyList<Rollout> Counted { get; } = [.. Rollouts.Where(rollout => rollout.Failure is null)];

    /// <summary>Whether all rewards are equal, so that nothing can be learned from the group.</summary>
    public bool IsConstant => Advantages.IsConstant([.. Counted.Select(rollout => rollout.Reward)]);
}

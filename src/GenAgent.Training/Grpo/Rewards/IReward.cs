namespace GenAgent.Training.Grpo.Rewards;

/// <summary>One named part of a rollout's reward. Implementations are safe to use from many tasks at once.</summary>
public interface IReward
{
    /// <summary>The name under which a recipe weighs it and the log shows it.</summary>
    string Name { get; }

    /// <summary>What the rollout earns, usually in [0, 1].</summary>
    /// <param name="rollout">The run, with its judge.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The reward.</returns>
    /// <exception cref="RewardFailedException">A judge could not judge.</exception>
    ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken);
}

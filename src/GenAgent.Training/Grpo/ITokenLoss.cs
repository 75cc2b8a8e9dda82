using static TorchSharp.torch;

namespace GenAgent.Training.Grpo;

/// <summary>
/// What a token that a model wrote costs: likelihood (fine-tuning), a clipped ratio (PPO, GRPO), GSPO, CISPO. A value: the trainer, the packing and
/// the sum over the tokens are the same for all. Implementations are stateless and safe to call from several workers at once.
/// </summary>
internal interface ITokenLoss
{
    /// <summary>The loss of each token, before weights: <c>[tokens]</c>. The caller's dispose scope owns what it makes.</summary>
    Tensor PerToken(TokenBatch tokens);
}

/// <summary>The learned tokens of a pack, one entry a token in all tensors of shape <c>[tokens]</c>. The caller's dispose scope owns the tensors.</summary>
/// <param name="LogProbs">Log-probability under the model as it is now, with gradient.</param>
/// <param name="OldLogProbs">Log-probability when the token was sampled.</param>
/// <param name="Advantages">The advantage of the token's rollout.</param>
/// <param name="Rollouts">Which rollout of the pack the token belongs to, int64, from 0.</param>
/// <param name="RolloutCount">Rollouts of the pack.</param>
internal sealed record TokenBatch(Tensor LogProbs, Tensor OldLogProbs, Tensor Advantages, Tensor Rollouts, int RolloutCount)
{
    /// <summary>Sums a value a token over the tokens of each rollout: <c>[rollouts]</c>.</summary>
    public Tensor SumByRollout(Tensor values) => zeros(RolloutCount, dtype: values.dtype, device: values.device).scatter_add(0, Rollouts, values);

    /// <summary>Gives each token the mean over its rollout's tokens: <c>[tokens]</c>, with gradient.</summary>
    public Tensor MeanOfRollout(Tensor values) => SumByRollout(values).div(SumByRollout(ones_like(values))).index_select(0, Rollouts);
}

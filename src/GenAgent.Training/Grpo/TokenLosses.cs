using GenAgent.Torch;
using static TorchSharp.torch;

namespace GenAgent.Training.Grpo;

/// <summary>Negative log-likelihood: supervised fine-tuning, rejection sampling.</summary>
internal sealed class LikelihoodLoss : ITokenLoss
{
    public Tensor PerToken(TokenBatch tokens) => tokens.LogProbs.neg();
}

/// <summary>
/// The clipped ratio of PPO with an upper bound of its own (DAPO's "clip-higher") and a dual clip. Source: GRPO; numbers agree with TRL 1.16.
/// </summary>
/// <param name="low">The ratio is cut off below 1 less this.</param>
/// <param name="high">The ratio is cut off above 1 plus this.</param>
/// <param name="dual">A ratio beyond this, above 1 plus <paramref name="high"/>, costs no more where the advantage is negative; 0 for no such limit.</param>
internal class ClippedRatioLoss(double low, double high, double dual) : ITokenLoss
{
    public Tensor PerToken(TokenBatch tokens)
    {
        var ratio = Ratio(tokens);
        var clipped = ratio.Within(1 - low, 1 + high);
        if (dual > 0) ratio = ratio.Within(0, dual);
        return minimum(ratio.mul(tokens.Advantages), clipped.mul(tokens.Advantages)).neg();
    }

    protected virtual Tensor Ratio(TokenBatch tokens) => (tokens.LogProbs - tokens.OldLogProbs).exp();
}

/// <summary>The same with one ratio a rollout, the geometric mean over its tokens. Source: GSPO.</summary>
internal sealed class SequenceRatioLoss(double low, double high, double dual) : ClippedRatioLoss(low, high, dual)
{
    protected override Tensor Ratio(TokenBatch tokens) => tokens.MeanOfRollout(tokens.LogProbs - tokens.OldLogProbs).exp();
}

/// <summary>The likelihood of each token, weighted by its advantage and a ratio that is cut off and takes no gradient. Source: MiniMax-M1 (CISPO).</summary>
/// <param name="high">The ratio is cut off above 1 plus this.</param>
internal sealed class CispoLoss(double high) : ITokenLoss
{
    public Tensor PerToken(TokenBatch tokens)
    {
        var ratio = (tokens.LogProbs.detach() - tokens.OldLogProbs).exp().Within(0, 1 + high);
        return ratio.mul(tokens.Advantages).mul(tokens.LogProbs).neg();
    }
}

/// <summary>How far a policy is from a reference, token by token: the estimator k3 of Schulman, unbiased and never negative.</summary>
internal static class ReverseKl
{
    public static Tensor PerToken(Tensor logProbs, Tensor reference)
    {
        var difference = reference - logProbs;
        return (difference.exp() - difference).Minus(1);
    }
}

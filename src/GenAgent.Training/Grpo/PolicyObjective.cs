using GenAgent.Torch;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using static TorchSharp.torch;

namespace GenAgent.Training.Grpo;

/// <summary>
/// The loss of packed rollouts under the present weights, and the figures that show whether sampler and trainer agree. Called by several workers at once.
/// </summary>
/// <param name="policy">The model that is trained.</param>
/// <param name="options">Which loss.</param>
/// <param name="reference">The model that the run began with, for the KL term; null where there is none.</param>
internal sealed class PolicyObjective(Policy policy, GrpoOptions options, Qwen25VLModel? reference)
{
    private readonly ITokenLoss _loss = options.TokenLoss();

    /// <summary>A pack's share of the step's loss, a scalar. The caller's dispose scope owns what it needs until the backward pass is over.</summary>
    /// <param name="pack">The pack; its conversations are rollouts.</param>
    /// <param name="rollouts">Rollouts of the whole step.</param>
    /// <param name="stepTokens">Sampled tokens of the whole step.</param>
    /// <param name="metrics">Takes the figures.</param>
    public Tensor Loss(Pack pack, int rollouts, long stepTokens, MetricSums metrics)
    {
        EncodedRollout[] rows = [.. pack.Conversations.Cast<EncodedRollout>()];
        var learned = LearnedTokens.Of(pack);
        var (tokens, entropies) = Tokens(policy.Model, pack, learned, rows);
        var perToken = _loss.PerToken(tokens);
        if (options.Importance != ImportanceMode.None)
            perToken *= ImportanceCorrection.Weights(tokens, options.Importance, options.ImportanceLow, options.ImportanceHigh);
        if (reference is not null)
        {
            Tensor before;
            using (no_grad()) before = Tokens(reference, pack, learned, rows).Tokens.LogProbs;
            var kl = ReverseKl.PerToken(tokens.LogProbs, before);
            metrics.Add("policy/kl", kl.mean().item<float>(), learned.Count);
            perToken = perToken.Plus(kl, options.Kl);
        }

        float[] weights =
            [.. TokenWeights.Of(options.Mean, [.. rows.Select(row => row.LearnedCount)], rollouts, stepTokens, options.MeanTokens)
            .Select(weight => (float)weight)];
        var loss = (perToken * tensor(weights, device: perToken.device)).sum();
        if (options.Entropy > 0) loss = loss.Plus(entropies.sum(), -options.Entropy / stepTokens);
        using (no_grad()) Measure(tokens, entropies, rows, metrics);
        return loss;
    }

    private (TokenBatch Tokens, Tensor Entropies) Tokens(Qwen25VLModel model, Pack pack, LearnedTokens learned, EncodedRollout[] rows)
    {
        var device = model.Device;
        var batch = Qwen25VLBatch.Pack(model.Config, [.. rows.Select(row => row.Sequence)], pack.Prefix, device);
        var hidden = model.HiddenStates(batch);
        var logits = model.Head(hidden.view(-1, hidden.shape[2]).index_select(0, tensor(learned.Places, device: device))).to(ScalarType.Float32)
            .Over(policy.Temperature);
        var all = nn.functional.log_softmax(logits, 1);
        var logProbs = all.gather(1, tensor(learned.Targets, device: device).unsqueeze(1)).squeeze(1);
        var entropies = (all.exp() * all).sum(1).neg();
        var old = rows.SelectMany(row => row.OldLogProbs.Where((_, i) => i > 0 && row.Learned[i]));
        var advantages = rows.SelectMany(row => Enumerable.Repeat((float)row.Advantage, row.LearnedCount));
        var places = rows.SelectMany((row, i) => Enumerable.Repeat((long)i, row.LearnedCount));
        return (new TokenBatch(
            logProbs, tensor(old.ToArray(), device: device), tensor(advantages.ToArray(), device: device), tensor(places.ToArray(), device: device),
            rows.Length), entropies);
    }

    private void Measure(TokenBatch tokens, Tensor entropies, EncodedRollout[] rows, MetricSums metrics)
    {
        float[] differences = [.. (tokens.LogProbs - tokens.OldLogProbs).cpu().data<float>()];
        float[] advantages = [.. tokens.Advantages.cpu().data<float>()];
        metrics.Add("policy/entropy", entropies.mean().item<float>(), differences.Length);
        metrics.AddLargest("policy/mismatch_max", differences.Max(Math.Abs));
        var at = 0;
        foreach (var row in rows)
        {
            foreach (var (turn, pads) in row.Contexts(policy.Model.Config.ImageTokenId))
            {
                var (difference, ratio) = (differences[at], Math.Exp(differences[at]));
                metrics.Add("policy/mismatch", Math.Abs(difference));
                metrics.Add($"policy/mismatch_turn_{turn + 1}", Math.Abs(difference));
                metrics.Add(pads == 0 ? "policy/mismatch_no_image" : "policy/mismatch_images", Math.Abs(difference));
                metrics.Add("policy/ratio", ratio);
                metrics.Add("policy/ratio_squared", ratio * ratio);
                metrics.Add("policy/clipped_low", advantages[at] < 0 && ratio < 1 - options.ClipLow ? 1 : 0);
                metrics.Add("policy/clipped_high", advantages[at] > 0 && ratio > 1 + options.ClipHigh ? 1 : 0);
                at++;
            }
        }
    }
}

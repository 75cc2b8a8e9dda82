using GenAgent.Torch;
using GenAgent.Training.Runs;
using static TorchSharp.torch;

namespace GenAgent.Training.Sft;

/// <summary>The learned tokens of a pack, and the places in its row whose states predict them.</summary>
internal sealed record LearnedTokens(long[] Places, long[] Targets)
{
    /// <summary>Number of tokens.</summary>
    public int Count => Targets.Length;

    /// <summary>
    /// Each learned token is predicted by the place before it, which is the conversation's own: see <see cref="EncodedConversation.Shareable"/>.
    /// </summary>
    public static LearnedTokens Of(Pack pack)
    {
        var (places, targets) = (new List<long>(pack.Learned), new List<long>(pack.Learned));
        var origin = 0;
        foreach (var conversation in pack.Conversations)
        {
            for (var i = 1; i < conversation.Length; i++)
            {
                if (!conversation.Learned[i]) continue;
                places.Add(origin + i - 1);
                targets.Add(conversation.Sequence.Ids[i]);
            }

            origin += conversation.Length - pack.Prefix;
        }

        return new LearnedTokens([.. places], [.. targets]);
    }

    /// <summary>The sum of their negative log-likelihoods, divided by a number of tokens.</summary>
    /// <param name="states">The row's states, <c>[tokens, width]</c>.</param>
    /// <param name="head">States to logits; it is large, and runs on no other places.</param>
    /// <param name="stepTokens">Learned tokens of the whole step.</param>
    /// <param name="metrics">Takes the share of tokens that would be chosen.</param>
    /// <param name="multiple">The head runs on a multiple of as many places; what is too much has no part in the loss.</param>
    public Tensor Loss(Tensor states, Func<Tensor, Tensor> head, long stepTokens, MetricSums metrics, int multiple = 1)
    {
        var fill = (multiple - (Count % multiple)) % multiple;
        long[] places = fill == 0 ? Places : [.. Places, .. Enumerable.Repeat(0L, fill)];
        var logits = head(states.index_select(0, tensor(places, device: states.device)));
        if (fill > 0) logits = logits.narrow(0, 0, Count);
        if (logits.dtype is ScalarType.BFloat16 or ScalarType.Float16) logits = logits.to(ScalarType.Float32);
        var targets = tensor(Targets, device: states.device);
        using (no_grad())
        {
            metrics.Add("token_accuracy", logits.argmax(1).eq(targets).sum().item<long>() / (double)Count, Count);
        }

        return nn.functional.cross_entropy(logits, targets, reduction: nn.Reduction.Sum).Over(stepTokens);
    }
}

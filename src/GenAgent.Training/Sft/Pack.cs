using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Runs;
using static TorchSharp.torch;

namespace GenAgent.Training.Sft;

/// <summary>Conversations that are computed together, one behind the other, after what they all begin with.</summary>
/// <param name="Conversations">One or more.</param>
/// <param name="Prefix">Tokens that are shared; 0 for none.</param>
internal sealed record Pack(IReadOnlyList<EncodedConversation> Conversations, int Prefix)
{
    /// <summary>Tokens that are computed.</summary>
    public int Tokens { get; } = Prefix + Conversations.Sum(conversation => conversation.Length - Prefix);

    /// <summary>Tokens that are learned.</summary>
    public int Learned { get; } = Conversations.Sum(conversation => conversation.LearnedCount);

    /// <summary>
    /// The negative log-likelihood of the learned tokens, divided by a number of tokens: a scalar. The caller's dispose scope owns what it needs until the
    /// backward pass is over.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="stepTokens">Learned tokens of the whole step.</param>
    /// <param name="metrics">Takes the figures that are logged beside the loss.</param>
    public Tensor Loss(Qwen25VLModel model, long stepTokens, MetricSums metrics)
    {
        var batch = Qwen25VLBatch.Pack(
            model.Config, [.. Conversations.Select(conversation => conversation.Sequence)], Prefix, model.Device, model.ProductRows);
        var hidden = model.HiddenStates(batch);
        return LearnedTokens.Of(this).Loss(hidden.view(-1, hidden.shape[2]), model.Head, stepTokens, metrics, model.ProductRows);
    }
}

using GenAgent.Seeds;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft.Conversations;
using GenAgent.Training.Workers;

namespace GenAgent.Training.Sft;

/// <summary>
/// Plans a step of conversations: the workers read and encode them; those with the same beginning and about the same length are packed
/// together; packs of equal work are dealt out. All is decided by the conversations alone.
/// </summary>
internal sealed class PackPlanner(IConversationSource source, ConversationEncoder encoder, Qwen25VLModel model, SftOptions options, SeedPath draws)
    : IStepPlanner
{
    public StepWork Plan(StepSamples step, WorkerThreads workers)
    {
        var conversations = new EncodedConversation[step.Samples.Length];
        workers.Run(worker =>
        {
            for (var i = worker; i < conversations.Length; i += workers.Count) conversations[i] = Read(step.Samples[i], step.FirstPosition + i);
        });
        EncodedConversation[] useful = [.. conversations.Where(conversation => conversation.LearnedCount > 0)];
        var learned = useful.Sum(conversation => (long)conversation.LearnedCount);
        if (learned == 0) throw new InvalidDataException($"Step {step.Step}: none of its {conversations.Length} conversations has a token to learn; look at "
            + $"\"fromRound\" ({options.FromRound}), and at the data.");
        var packs = Packing.Pack(useful, model.Config.ImageTokenId, options.PackTokens, options.SharePrefix, workers.Count);
        return new StepWork(
            [.. Packing.Deal(packs, workers.Count).Select(share => share.Select(pack => Part(pack, learned)).ToList())], packs.Sum(pack => (long)pack.Tokens));
    }

    /// <summary>Reads and encodes one conversation.</summary>
    public EncodedConversation Read(long index, long position) => encoder.Encode(source.Read(index, draws.Child("conversation", position).Value));

    private Func<MetricSums, TorchSharp.torch.Tensor> Part(Pack pack, long learned) => metrics => pack.Loss(model, learned, metrics);
}

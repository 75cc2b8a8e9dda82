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
internal sealed class PackPlanner(IConversationSource source, ConversationEncoder encoder, Qwen25VLModel model, SftOptions options, SeedPath draws) : IStepPlanner
{
    // A shorter prefix costs more by its mask than it saves.
    private const int LeastPrefix = 16;

    public StepWork Plan(StepSamples step, WorkerThreads workers)
    {
        var conversations = new EncodedConversation[step.Samples.Length];
        workers.Run(worker =>
        {
            for (var i = worker; i < conversations.Length; i += workers.Count) conversations[i] = Read(step.Samples[i], step.FirstPosition + i);
        });
        EncodedConversation[] useful = [.. conversations.Where(conversation => conversation.LearnedCount > 0)];
        var learned = useful.Sum(conversation => (long)conversation.LearnedCount);
        if (learned == 0) throw new InvalidDataException($"Step {step.Step}: none of its {conversations.Length} conversations has a token to learn; look at \"fromRound\" ({options.FromRound}), and at the data.");
        var packs = Pack(useful, model.Config.ImageTokenId, options, workers.Count);
        return new StepWork([.. Deal(packs, workers.Count).Select(share => share.Select(pack => Part(pack, learned)).ToList())], packs.Sum(pack => (long)pack.Tokens));
    }

    /// <summary>Reads and encodes one conversation.</summary>
    public EncodedConversation Read(long index, long position) => encoder.Encode(source.Read(index, draws.Child("conversation", position).Value));

    /// <summary>Packs conversations; a number of packs that the workers share evenly where that is possible.</summary>
    public static List<Pack> Pack(IReadOnlyList<EncodedConversation> conversations, int imageId, SftOptions options, int workers)
    {
        var packs = new List<Pack>();
        var groups = conversations
            .GroupBy(conversation => Beginning(conversation, imageId, options.SharePrefix), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToList();
        foreach (var group in groups)
        {
            // OrderBy is stable: equal lengths stay in the order of the step.
            EncodedConversation[] sorted = [.. group.OrderBy(conversation => conversation.Length)];
            var prefix = options.SharePrefix && sorted.Length > 1 ? Common(sorted, imageId) : 0;
            var total = sorted.Sum(conversation => (long)conversation.Length - prefix);
            var room = Math.Max(options.PackTokens - prefix, 1);
            var count = (total + room - 1) / room;
            if (groups.Count == 1) count = (count + workers - 1) / workers * workers;
            packs.AddRange(Cut(sorted, prefix, (int)Math.Min(count, sorted.Length), total));
        }

        return packs;
    }

    private Func<MetricSums, TorchSharp.torch.Tensor> Part(Pack pack, long learned) => metrics => pack.Loss(model, learned, metrics);

    // The heaviest pack first, always to the worker with the least work.
    private static List<Pack>[] Deal(List<Pack> packs, int workers)
    {
        var shares = Enumerable.Range(0, workers).Select(_ => new List<Pack>()).ToArray();
        foreach (var pack in packs.OrderByDescending(pack => pack.Tokens)) shares.MinBy(share => share.Sum(one => one.Tokens))!.Add(pack);
        return shares;
    }

    // Neighbours in length go together, each pack with about as many tokens as the others.
    private static IEnumerable<Pack> Cut(EncodedConversation[] sorted, int prefix, int count, long total)
    {
        var (first, done) = (0, 0L);
        for (var pack = 0; pack < count && first < sorted.Length; pack++)
        {
            var (end, goal) = (first, total * (pack + 1) / count);
            while (end < sorted.Length && (end == first || done + ((sorted[end].Length - prefix) / 2) < goal)) done += sorted[end++].Length - prefix;
            if (pack == count - 1) end = sorted.Length;
            var part = sorted[first..end];
            yield return new Pack(part, part.Length > 1 ? prefix : 0);
            first = end;
        }
    }

    private static int Common(EncodedConversation[] conversations, int imageId)
    {
        var first = conversations[0].Sequence.Ids;
        var common = conversations.Min(conversation => conversation.Shareable(imageId));
        foreach (var conversation in conversations)
        {
            for (var i = 0; i < common; i++)
            {
                if (conversation.Sequence.Ids[i] != first[i]) common = i;
            }
        }

        return common >= LeastPrefix ? common : 0;
    }

    // What is worth sharing is the system turn; conversations with another one are another group.
    private static string Beginning(EncodedConversation conversation, int imageId, bool share) =>
        share ? string.Join(',', conversation.Sequence.Ids.Take(Math.Min(conversation.FirstTurn, conversation.Shareable(imageId)))) : string.Empty;
}

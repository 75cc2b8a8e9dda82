namespace GenAgent.Training.Sft;

/// <summary>
/// Puts conversations together that begin alike and are about equally long, and deals the packs out to workers. All is decided by the conversations alone.
/// Pure.
/// </summary>
internal static class Packing
{
    // A shorter prefix costs more by its mask than it saves.
    private const int LeastPrefix = 16;

    /// <summary>Packs conversations; a number of packs that the workers share evenly where that is possible.</summary>
    public static List<Pack> Pack(IReadOnlyList<EncodedConversation> conversations, int imageId, int packTokens, bool sharePrefix, int workers)
    {
        var packs = new List<Pack>();
        var groups = conversations
            .GroupBy(conversation => Beginning(conversation, imageId, sharePrefix), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToList();
        foreach (var group in groups)
        {
            // OrderBy is stable: equal lengths stay in the order of the step.
            EncodedConversation[] sorted = [.. group.OrderBy(conversation => conversation.Length)];
            var prefix = sharePrefix && sorted.Length > 1 ? Common(sorted, imageId) : 0;
            var total = sorted.Sum(conversation => (long)conversation.Length - prefix);
            var room = Math.Max(packTokens - prefix, 1);
            var count = (total + room - 1) / room;
            if (groups.Count == 1) count = (count + workers - 1) / workers * workers;
            packs.AddRange(Cut(sorted, prefix, (int)Math.Min(count, sorted.Length), total));
        }

        return packs;
    }

    /// <summary>Deals packs out: the heaviest first, always to the worker with the least work.</summary>
    public static List<Pack>[] Deal(List<Pack> packs, int workers)
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

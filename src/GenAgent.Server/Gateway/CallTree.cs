namespace GenAgent.Server.Gateway;

/// <summary>The calls of one attempt and which one continues which. Not safe for several tasks.</summary>
/// <param name="calls">The calls, by their numbers: each behind the one that it continues.</param>
internal sealed class CallTree<TCall>(IReadOnlyList<TCall> calls)
    where TCall : CallLink
{
    private readonly Dictionary<int, TCall> _calls = calls.ToDictionary(call => call.Sequence);

    public IReadOnlyList<TCall> Calls => calls;

    /// <summary>The last call whose conversation a request goes on from word by word, and how many messages that is; null for none.</summary>
    /// <param name="hashes">The hashes of the request's messages.</param>
    public (TCall Call, int Messages)? ByMessages(IReadOnlyList<string> hashes)
    {
        var ends = new Dictionary<string, TCall>(StringComparer.Ordinal);
        foreach (var call in calls) ends[call.EndHash] = call;
        for (var i = hashes.Count - 1; i >= 0; i--)
        {
            if (ends.TryGetValue(hashes[i], out var found)) return (found, i + 1);
        }

        return null;
    }

    /// <summary>The call with the most ids that a prompt begins with, and how many those are; the later of several; null for none.</summary>
    public (TCall Call, int Ids)? ByIds(IReadOnlyList<int> prompt)
    {
        // Where each conversation that the prompt begins with ends in it.
        var ends = new Dictionary<int, int>();
        (TCall Call, int Ids)? longest = null;
        foreach (var call in calls)
        {
            var end = 0;
            if (call.Parent is { } parent && !ends.TryGetValue(parent, out end)) continue;
            if (!Continues(call.Prompt) || !Continues(call.Sampled)) continue;
            ends[call.Sequence] = end;
            if (longest is not var (_, most) || end >= most) longest = (call, end);

            bool Continues(IReadOnlyList<int>? ids)
            {
                if (ids is null || ids.Count > prompt.Count - end) return false;
                foreach (var id in ids)
                {
                    if (prompt[end++] != id) return false;
                }

                return true;
            }
        }

        return longest;
    }

    /// <summary>All ids of the conversation up to the end of a call; null where a call of it has none.</summary>
    public int[]? IdsOf(TCall call)
    {
        var chain = ChainOf(call);
        return chain.All(one => one is { Prompt: not null, Sampled: not null }) ? [.. chain.SelectMany(one => one.Prompt!.Concat(one.Sampled!))] : null;
    }

    /// <summary>The calls of a conversation, from its beginning to this one.</summary>
    public IReadOnlyList<TCall> ChainOf(TCall call)
    {
        var chain = new List<TCall> { call };
        while (chain[^1].Parent is { } parent) chain.Add(_calls[parent]);
        chain.Reverse();
        return chain;
    }

    /// <summary>
    /// The conversations, each by its last call, in the order in which they ended. An answer that nobody went on from counts only if it is the last one to
    /// its request: the others were asked for again, as a client does that did not get them.
    /// </summary>
    public IReadOnlyList<TCall> Leaves()
    {
        var continued = calls.Select(call => call.Parent).OfType<int>().ToHashSet();
        var answers = calls.ToLookup(call => (call.Parent, call.AskHash));
        return
        [
            .. calls.Where(call => !continued.Contains(call.Sequence)).Where(call => !answers[(call.Parent, call.AskHash)].Any(
                other => other.Sequence > call.Sequence || continued.Contains(other.Sequence))),
        ];
    }
}

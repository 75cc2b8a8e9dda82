using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>The calls of one attempt and which one continues which. Not safe for several tasks.</summary>
/// <param name="calls">The calls, by their numbers.</param>
internal sealed class CallTree(IReadOnlyList<RecordedCall> calls)
{
    private readonly Dictionary<int, RecordedCall> _calls = calls.ToDictionary(call => call.Sequence);
    private readonly Dictionary<int, int[]?> _ids = [];

    public IReadOnlyList<RecordedCall> Calls => calls;

    /// <summary>The last call whose conversation a request goes on from word by word, and how many messages that is; null for none.</summary>
    /// <param name="hashes">The hashes of the request's messages.</param>
    public (RecordedCall Call, int Messages)? ByMessages(IReadOnlyList<string> hashes)
    {
        for (var i = hashes.Count - 1; i >= 0; i--)
        {
            if (calls.LastOrDefault(call => string.Equals(call.EndHash, hashes[i], StringComparison.Ordinal)) is { } found) return (found, i + 1);
        }

        return null;
    }

    /// <summary>The call with the most ids that a prompt begins with; the later of several; null for none.</summary>
    public RecordedCall? ByIds(IReadOnlyList<int> prompt)
    {
        int[] asked = [.. prompt];
        return calls.Where(call => IdsOf(call) is { } ids && asked.AsSpan().StartsWith(ids))
            .OrderBy(call => IdsOf(call)!.Length).ThenBy(call => call.Sequence).LastOrDefault();
    }

    /// <summary>All ids of the conversation up to the end of a call; null where a call of it has none.</summary>
    public int[]? IdsOf(RecordedCall call)
    {
        if (_ids.TryGetValue(call.Sequence, out var known)) return known;
        var before = call.Parent is { } parent ? IdsOf(_calls[parent]) : [];
        return _ids[call.Sequence] = before is null || call.Prompt is null || call.Sampled is null ? null : [.. before, .. call.Prompt, .. call.Sampled];
    }

    /// <summary>The calls of a conversation, from its beginning to this one.</summary>
    public IReadOnlyList<RecordedCall> ChainOf(RecordedCall call)
    {
        var chain = new List<RecordedCall>();
        for (var at = call; ; at = _calls[at.Parent.Value])
        {
            chain.Insert(0, at);
            if (at.Parent is null) return chain;
        }
    }

    /// <summary>
    /// The conversations, each by its last call, in the order in which they ended. An answer that nobody went on from counts only if it is the last one to
    /// its request: the others were asked for again, as a client does that did not get them.
    /// </summary>
    public IReadOnlyList<RecordedCall> Leaves()
    {
        var continued = calls.Select(call => call.Parent).OfType<int>().ToHashSet();
        return
        [
            .. calls.Where(call => !continued.Contains(call.Sequence)).Where(call => !calls.Any(other =>
                other.Parent == call.Parent && string.Equals(other.AskHash, call.AskHash, StringComparison.Ordinal)
                && (other.Sequence > call.Sequence || continued.Contains(other.Sequence)))),
        ];
    }

    /// <summary>A conversation token by token; null where a call of it has no ids or log-probabilities.</summary>
    /// <param name="chain">Its calls.</param>
    /// <param name="isOwn">Whether a call's tokens count as sampled; those of others are context.</param>
    public static TokenTrace? TraceOf(IReadOnlyList<RecordedCall> chain, Func<RecordedCall, bool> isOwn)
    {
        if (!chain.All(call => call is { IsTraced: true, Details.IsUnusable: false })) return null;
        var (ids, logProbs, sampled, turns) = (new List<int>(), new List<float>(), new List<bool>(), new List<TraceTurn>());
        foreach (var call in chain)
        {
            var own = isOwn(call);
            ids.AddRange(call.Prompt!);
            logProbs.AddRange(Enumerable.Repeat(0f, call.Prompt!.Count));
            sampled.AddRange(Enumerable.Repeat(false, call.Prompt.Count));
            if (own) turns.Add(new(ids.Count, call.Sampled!.Count) { PolicyVersion = call.Details.Version, Sampling = call.Details.Sampling });
            ids.AddRange(call.Sampled!);
            logProbs.AddRange(own ? call.LogProbs! : Enumerable.Repeat(0f, call.Sampled!.Count));
            sampled.AddRange(Enumerable.Repeat(own, call.Sampled!.Count));
        }

        return new(ids, logProbs, sampled) { Turns = turns };
    }
}

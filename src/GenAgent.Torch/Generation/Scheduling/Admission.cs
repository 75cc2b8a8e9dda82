namespace GenAgent.Torch.Generation.Scheduling;

/// <summary>Decides whether a request can start beside those that run. Owned by the loop's thread.</summary>
/// <param name="pool">The cache.</param>
/// <param name="running">The sequences that run, as the loop changes them.</param>
internal sealed class Admission(KvBlockPool pool, List<EngineSequence> running)
{
    /// <summary>Whether the request begins like a prompt now being read, so that it shares that one's blocks if it waits.</summary>
    public bool WillBeSharedSoon(EngineSequence sequence)
    {
        var known = -1;
        foreach (var reader in running)
        {
            if (reader.Pending <= 1)
            {
                continue;
            }

            var common = reader.Keys.CommonPrefixLength(sequence.Keys[..^1]);
            var shared = Math.Min(common, reader.Length) / pool.BlockTokens * pool.BlockTokens;
            if (shared > reader.Computed / pool.BlockTokens * pool.BlockTokens)
            {
                known = known >= 0 ? known : KnownTokens(sequence);
                if (shared > known)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// Whether there is room for the rest of the prompt and the first token, beside what running prompts still need; later tokens may preempt other
    /// sequences. A request that would run alone always has room.
    /// </summary>
    public bool HasRoom(EngineSequence sequence)
    {
        var needed = ((sequence.Length + pool.BlockTokens) / pool.BlockTokens) - (sequence.Computed / pool.BlockTokens);
        return needed <= pool.Free - BlocksPromised() || running.Count == 0;
    }

    /// <summary>Blocks that running prompts still need.</summary>
    private int BlocksPromised() => running.Sum(one => Math.Max(0, ((one.Length + pool.BlockTokens - 1) / pool.BlockTokens) - one.BlockCount));

    private int KnownTokens(EngineSequence sequence)
    {
        var found = new List<int>();
        pool.Match(sequence.Keys[..^1], found);
        return found.Count * pool.BlockTokens;
    }
}

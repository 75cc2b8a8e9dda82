namespace GenAgent.Trajectories;

/// <summary>
/// A model's input and sampled tokens: the only thing that a trainer may train on. All three lists have one entry per token; image pads are expanded, one
/// id per image feature.
/// </summary>
/// <param name="Ids">Token ids of the whole conversation so far, in order.</param>
/// <param name="LogProbs">Natural log-probability of each sampled token under the temperature-scaled distribution before any truncation; 0 for tokens that
/// were fed.</param>
/// <param name="Sampled">True for sampled tokens, false for input tokens.</param>
public sealed record TokenTrace(IReadOnlyList<int> Ids, IReadOnlyList<float> LogProbs, IReadOnlyList<bool> Sampled)
{
    /// <summary>The model's turns in order: position, weights and sampling settings of each. Empty if unknown.</summary>
    public IReadOnlyList<TraceTurn> Turns { get; init; } = [];

    /// <summary>The trace with the turn that it ends with, where the backend did not mark it itself.</summary>
    /// <param name="before">The trace before the turn; null for none.</param>
    /// <param name="policyVersion">The model that answered.</param>
    /// <param name="sampling">How it was asked to sample.</param>
    internal TokenTrace WithTurn(TokenTrace? before, string? policyVersion, TraceSampling sampling)
    {
        // A backend that began its conversation anew keeps nothing of the turns before.
        var turns = before is not null && before.Ids.Count <= Ids.Count ? before.Turns : [];
        if (Turns.Count > turns.Count)
        {
            return this;
        }

        var start = before is not null && before.Ids.Count <= Ids.Count ? before.Ids.Count : 0;
        while (start < Sampled.Count && !Sampled[start])
        {
            start++;
        }

        var end = start;
        while (end < Sampled.Count && Sampled[end])
        {
            end++;
        }

        return end > start
            ? this with { Turns = [.. turns, new(start, end - start) { PolicyVersion = policyVersion, Sampling = sampling }] }
            : this with { Turns = turns };
    }
}

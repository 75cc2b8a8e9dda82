using GenAgent.Trajectories;

namespace GenAgent.Agents.Loop;

/// <summary>What a run has used up of what it may.</summary>
internal sealed class RunBudget(ImageAgentOptions options)
{
    private static readonly int Kinds = Enum.GetValues<FaultKind>().Length;

    private readonly int[] _faults = new int[Kinds];
    private int _rounds;
    private int _images;
    private long _tokens;

    /// <summary>Tokens that are left; null for no limit.</summary>
    public long? TokensLeft => options.MaxTokens - _tokens;

    public void Spend(TokenUsage tokens) => _tokens += tokens.Input + tokens.Output;

    /// <summary>Counts a round that brought an image.</summary>
    public void SpendRound() => _rounds++;

    /// <summary>Counts the fault, and says whether it was one too many.</summary>
    public StopReason? Spend(Fault fault)
    {
        var (allowed, reason) = options.Faults.For(fault.Kind);
        return ++_faults[(int)fault.Kind] > allowed ? reason : null;
    }

    /// <summary>Why no further turn may begin; null when one may.</summary>
    public StopReason? StopBeforeTurn() => TokensLeft <= 0 ? StopReason.TokenBudget : null;

    /// <summary>Takes the images for one more round, fewer than asked for when there are not enough left; or says why there are none.</summary>
    public StopReason? TakeImages(out int count)
    {
        count = Math.Min(options.CandidatesPerRound, (options.MaxImages ?? int.MaxValue) - _images);
        _images += Math.Max(count, 0);
        return _rounds >= options.MaxRounds ? StopReason.RoundLimit
            : count <= 0 ? StopReason.ImageBudget
            : null;
    }
}

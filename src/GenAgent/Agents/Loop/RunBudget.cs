using GenAgent.Dialects;
using GenAgent.Trajectories;

namespace GenAgent.Agents.Loop;

/// <summary>Tracks a run's use of its budgets.</summary>
internal sealed class RunBudget(ImageAgentOptions options, Dialect dialect)
{
    private static readonly int Kinds = Enum.GetValues<FaultKind>().Length;

    private const int MostTurns = 100;

    private readonly int[] _faults = new int[Kinds];
    private int _rounds;
    private int _turns;
    private int _tries = 1;
    private int _images;
    private long _tokens;

    /// <summary>Remaining tokens; null for no limit.</summary>
    public long? TokensLeft => options.MaxTokens - _tokens;

    /// <summary>Whether no more images are allowed and the dialect ends the run with its last image.</summary>
    public bool EndsWithLastImage => dialect.EndsWithLastImage && _rounds >= options.MaxRounds;

    /// <summary>Counts a turn.</summary>
    public void Spend(TokenUsage tokens)
    {
        _tokens += tokens.Input + tokens.Output;
        _turns++;
    }

    /// <summary>Counts an image round.</summary>
    public void SpendRound() => _rounds++;

    /// <summary>Counts the fault; returns whether the limit is exceeded.</summary>
    public StopReason? Spend(Fault fault)
    {
        var (allowed, reason) = options.Faults.For(fault.Kind);
        return ++_faults[(int)fault.Kind] > allowed ? reason : null;
    }

    /// <summary>Why no further turn may begin; null if one may.</summary>
    public StopReason? StopBeforeTurn() =>
        TokensLeft <= 0 ? StopReason.TokenBudget
        : _turns >= (options.MaxTurns ?? dialect.MaxTurns ?? MostTurns) ? StopReason.RoundLimit
        : null;

    /// <summary>Starts another attempt with new counts of rounds and turns; or returns why none is left.</summary>
    public StopReason? StartOver(FaultKind because)
    {
        if (_tries++ >= dialect.Tries)
        {
            return options.Faults.For(because).Reason;
        }

        (_rounds, _turns) = (0, 0);
        return null;
    }

    /// <summary>Reserves the images of one more round, fewer than requested if the budget is short; or returns why none is left.</summary>
    public StopReason? TakeImages(out int count)
    {
        count = Math.Min(options.CandidatesPerRound, (options.MaxImages ?? int.MaxValue) - _images);
        _images += Math.Max(count, 0);
        return _rounds >= options.MaxRounds ? StopReason.RoundLimit
            : count <= 0 ? StopReason.ImageBudget
            : null;
    }
}

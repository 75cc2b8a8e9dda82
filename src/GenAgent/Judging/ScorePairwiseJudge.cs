namespace GenAgent.Judging;

/// <summary>
/// Compares two images by the scores that a pointwise judge gives each: passed beats not passed, then the higher value wins, else it is a tie.
/// As safe to share between tasks as the judge that it asks.
/// </summary>
/// <param name="judge">Who gives the scores.</param>
public sealed class ScorePairwiseJudge(IJudge judge) : IPairwiseJudge
{
    /// <inheritdoc/>
    public string Name => judge.Name;

    /// <inheritdoc/>
    public async ValueTask<PairwiseJudgment> CompareAsync(PairwiseRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var judgments = await Task.WhenAll(
            judge.JudgeAsync(new(request.Prompt, request.First, request.Constraints), cancellationToken).AsTask(),
            judge.JudgeAsync(new(request.Prompt, request.Second, request.Constraints), cancellationToken).AsTask());
        if (judgments.OfType<NoScore>().FirstOrDefault() is { } failed)
        {
            return new NoPreference(failed.Judge, failed.Error);
        }

        var (first, second) = ((Score)judgments[0], (Score)judgments[1]);
        var winner = ScoreOrder.Compare(first, second) switch { > 0 => Winner.First, < 0 => Winner.Second, _ => Winner.Tie };
        return new Preference(judge.Name, winner, $"First {first.Value:0.###}: {first.Reason} Second {second.Value:0.###}: {second.Reason}");
    }
}

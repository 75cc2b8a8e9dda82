using GenAgent.Agents;

namespace GenAgent.Judging;

/// <summary>
/// Chooses the image with the best score: passed beats not passed, then the higher value wins, then the earlier image.
/// An image without a score is never chosen over one that has one; without any score there is no preference.
/// </summary>
/// <param name="judge">Who gives the scores.</param>
public sealed class ScoreSelector(IJudge judge) : IAttemptSelector
{
    /// <inheritdoc/>
    public async ValueTask<int?> SelectAsync(string prompt, IReadOnlyList<Attempt> attempts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        var judgments = await Task.WhenAll(
            attempts.Select(attempt => judge.JudgeAsync(new(prompt, attempt.Image), cancellationToken).AsTask()));
        (int Index, Score Score)? best = null;
        for (var i = 0; i < judgments.Length; i++)
        {
            if (judgments[i] is Score score && (best is null || ScoreOrder.Compare(score, best.Value.Score) > 0))
            {
                best = (i, score);
            }
        }

        return best?.Index;
    }
}

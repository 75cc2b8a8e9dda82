using GenAgent.Agents;

namespace GenAgent.Judging;

/// <summary>
/// Chooses by comparing every image with every other: a win counts 1, a tie 1/2, a comparison that failed nothing;
/// the most points win, and of equals the earlier image. When every comparison failed there is no preference.
/// For n images n(n-1)/2 comparisons are made, all at once: a limit on the judge or on its chat client is what holds them back.
/// </summary>
/// <param name="judge">Who compares.</param>
public sealed class TournamentSelector(IPairwiseJudge judge) : IAttemptSelector
{
    /// <inheritdoc/>
    public async ValueTask<int?> SelectAsync(string prompt, IReadOnlyList<Attempt> attempts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        var matches = await Task.WhenAll(
            from first in Enumerable.Range(0, attempts.Count)
            from second in Enumerable.Range(first + 1, attempts.Count - first - 1)
            select PlayAsync(prompt, attempts, first, second, cancellationToken));
        if (!matches.Any(match => match.Judgment is Preference))
        {
            return null;
        }

        var points = new double[attempts.Count];
        foreach (var (first, second, judgment) in matches)
        {
            if (judgment is Preference { Winner: var winner })
            {
                points[first] += winner switch { Winner.First => 1, Winner.Tie => 0.5, _ => 0 };
                points[second] += winner switch { Winner.Second => 1, Winner.Tie => 0.5, _ => 0 };
            }
        }

        return Array.IndexOf(points, points.Max());
    }

    private async Task<(int First, int Second, PairwiseJudgment Judgment)> PlayAsync(
        string prompt, IReadOnlyList<Attempt> attempts, int first, int second, CancellationToken cancellationToken) =>
        (first, second, await judge.CompareAsync(new(prompt, attempts[first].Image, attempts[second].Image), cancellationToken));
}

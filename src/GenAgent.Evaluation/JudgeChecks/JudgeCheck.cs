using System.Collections.Concurrent;
using GenAgent.Evaluation.Statistics;
using GenAgent.Judging;

namespace GenAgent.Evaluation.JudgeChecks;

/// <summary>Tries a judge on images whose truth is known, so that a user knows what its verdicts are worth before paying for a thousand.</summary>
public static class JudgeCheck
{
    // A judge that has said the same of this many images, of which half are wrong, need not be asked further.
    private const int EnoughAlike = 24;
    private const int MostFailures = 5;

    /// <summary>Tries the judge.</summary>
    /// <param name="judge">The judge.</param>
    /// <param name="images">The images, right and wrong ones mixed.</param>
    /// <param name="repeats">How often each is judged, 1 or more: more than once shows drift.</param>
    /// <param name="concurrency">Judgments at once.</param>
    /// <param name="progress">Is told how many images are judged.</param>
    /// <param name="cancellationToken">Ends the trial.</param>
    /// <returns>What the judge is worth, with 95 % intervals.</returns>
    public static async Task<JudgeCheckReport> RunAsync(
        IJudge judge, IReadOnlyList<CheckImage> images, int repeats = 1, int concurrency = 4, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        var verdicts = new bool?[images.Count][];
        var failures = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var done = 0;
        foreach (var part in images.Index().Chunk(EnoughAlike))
        {
            await Parallel.ForEachAsync(part, AtOnce(concurrency, cancellationToken), async (one, cancelled) =>
            {
                var said = new bool?[repeats];
                for (var i = 0; i < repeats; i++)
                {
                    var judgment = await judge.JudgeAsync(new(one.Item.Prompt, one.Item.Image, one.Item.Constraints), cancelled);
                    said[i] = (judgment as Score)?.Passed;
                    if (judgment is NoScore { Error: var error })
                        failures.TryAdd(error, true);
                }

                verdicts[one.Index] = said;
                var now = Interlocked.Increment(ref done);
                progress?.Report(now);
            });
            var known = verdicts.Take(done).Select(v => v[0]).OfType<bool>().ToList();
            if (done == EnoughAlike && known.Count >= EnoughAlike / 2 && known.Distinct().Count() == 1
                && images.Take(done).Select(i => i.IsRight).Distinct().Count() == 2)
                return Report(
                    judge.Name,
                    images.Take(done).ToList(),
                    verdicts,
                    failures.Keys,
                    $"It says {(known[0] ? "pass" : "fail")} of everything: worth nothing. Found after {done} images.");
        }

        return Report(judge.Name, images, verdicts, failures.Keys, finding: null);
    }

    /// <summary>Tries a pairwise judge on pairs of a right and a wrong image of one prompt.</summary>
    /// <param name="judge">Who compares.</param>
    /// <param name="pairs">The pairs, the right image first.</param>
    /// <param name="concurrency">Comparisons at once, 1 or more.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How often the right image won, and how often the order decided.</returns>
    public static async Task<PairwiseCheck> ComparePairsAsync(
        IPairwiseJudge judge, IReadOnlyList<(CheckImage Right, CheckImage Wrong)> pairs, int concurrency = 4, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(pairs);
        var said = new PairwiseJudgment[pairs.Count];
        await Parallel.ForEachAsync(pairs.Index(), AtOnce(concurrency, cancellationToken), async (one, cancelled) =>
        {
            // The right one is first in every other pair.
            var swapped = one.Index % 2 == 1;
            var (first, second) = swapped ? (one.Item.Wrong, one.Item.Right) : (one.Item.Right, one.Item.Wrong);
            var judgment = await judge.CompareAsync(new(first.Prompt, first.Image, second.Image, first.Constraints), cancelled);
            said[one.Index] = judgment is Preference { Winner: not Winner.Tie } preference && swapped
                ? preference with { Winner = preference.Winner == Winner.First ? Winner.Second : Winner.First }
                : judgment;
        });
        var preferences = said.OfType<Preference>().ToList();
        var count = Math.Max(1, preferences.Count);
        return new(
            pairs.Count, pairs.Count - preferences.Count,
            preferences.Count(p => p.Winner == Winner.First) / (double)count, preferences.Count(p => p.OrdersDisagree) / (double)count);
    }

    private static ParallelOptions AtOnce(int concurrency, CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken };

    private static JudgeCheckReport Report(string judge, IReadOnlyList<CheckImage> images, bool?[][] verdicts, IEnumerable<string> failures, string? finding)
    {
        var judged = images.Zip(verdicts)
            .Where(v => v.Second[0] is not null)
            .Select(v => (v.First.IsRight, Passed: v.Second[0]!.Value, All: v.Second))
            .ToList();
        var (right, wrong) = (judged.Where(j => j.IsRight).ToList(), judged.Where(j => !j.IsRight).ToList());
        var (falseFails, falsePasses) = (Share(right.Count(r => !r.Passed), right.Count), Share(wrong.Count(w => w.Passed), wrong.Count));
        var accuracy = 1 - ((falseFails + falsePasses) / 2);
        return new(
            judge, images.Count, images.Count - judged.Count, accuracy,
            falsePasses, falsePasses is null ? null : ProportionInterval.Wilson(wrong.Count(w => w.Passed), wrong.Count),
            falseFails, falseFails is null ? null : ProportionInterval.Wilson(right.Count(r => !r.Passed), right.Count),
            verdicts[0].Length == 1 ? null : Share(judged.Count(j => j.All.Distinct().Count() > 1), judged.Count),
            finding ?? Verdict(accuracy))
        {
            Failures = [.. failures.Order(StringComparer.Ordinal).Take(MostFailures)],
        };
    }

    private static double? Share(int count, int of) => of == 0 ? null : count / (double)of;

    private static string Verdict(double? accuracy) => accuracy switch
    {
        null => "Too few judgments to tell.",
        >= 0.95 => "Its verdicts can be trusted on images like these.",
        >= 0.8 => "Its verdicts are right more often than not, but differences of a few points are its own.",
        _ => "Its verdicts are little better than chance: do not pay for them.",
    };
}

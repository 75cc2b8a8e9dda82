using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Reports;

/// <summary>An agent's verdicts held against the judge's, prompt by prompt. Immutable.</summary>
internal sealed class VerdictTally
{
    private readonly IReadOnlyList<Counts> _prompts;

    private VerdictTally(IReadOnlyList<Counts> prompts) => _prompts = prompts;

    /// <summary>How many verdicts there are.</summary>
    public int Count => _prompts.Sum(p => p.Good + p.Bad);

    /// <summary>
    /// The mean of the shares of good images that it passed and of bad ones that it failed, over all prompts together; null when one kind never occurred.
    /// </summary>
    public double? Accuracy => Balanced(_prompts) is var accuracy && double.IsNaN(accuracy) ? null : accuracy;

    /// <summary>Counts the verdicts of prompts.</summary>
    public static VerdictTally Of(IEnumerable<IReadOnlyList<Sample>> prompts) =>
        new([.. prompts.Select(samples => Counts.Of(samples.SelectMany(s => s.Attempts)))]);

    /// <summary>
    /// The accuracy's 95 % interval: a bootstrap over prompts, as images of one prompt are alike. Resamples in which one kind does not occur say nothing and
    /// are left out. Null where there is no accuracy.
    /// </summary>
    public Interval? Interval()
    {
        if (Accuracy is null)
            return null;
        var telling = Bootstrap.Draw([_prompts.Count], ClusteredProportion.Resamples, ClusteredProportion.Seed).Select(strata => strata[0])
            .Where(draw => draw.Any(i => _prompts[i].Good > 0) && draw.Any(i => _prompts[i].Bad > 0));
        return Bootstrap.Of(_prompts, Balanced, telling).Percentile();
    }

    private static double Balanced(IReadOnlyList<Counts> prompts) =>
        ((prompts.Sum(p => p.GoodPassed) / (double)prompts.Sum(p => p.Good)) + (prompts.Sum(p => p.BadFailed) / (double)prompts.Sum(p => p.Bad))) / 2;

    private sealed record Counts(int Good, int GoodPassed, int Bad, int BadFailed)
    {
        public static Counts Of(IEnumerable<JudgedAttempt> attempts)
        {
            var judged = attempts.Where(a => a.AgentPassed is not null && a.Passed is not null).ToList();
            return new(
                judged.Count(a => a.Passed == true), judged.Count(a => a.Passed == true && a.AgentPassed == true),
                judged.Count(a => a.Passed == false), judged.Count(a => a.Passed == false && a.AgentPassed == false));
        }
    }
}

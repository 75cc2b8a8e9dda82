using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Reports;

/// <summary>How an agent conducted itself in an evaluation in which every one of its images was judged. Immutable.</summary>
/// <param name="FirstImageSuccess">Strict success of the first images: what the runs would have scored without reflection.</param>
/// <param name="ReflectionGain">Success of the answers minus that of the first images of the same runs.</param>
/// <param name="ReflectionGainInterval">Its 95 % interval, over prompts.</param>
/// <param name="VerdictAccuracy">Balanced accuracy of the agent's verdicts against the judge's; null when one kind never occurred.</param>
/// <param name="VerdictAccuracyInterval">Its 95 % interval, over prompts; null where there is none.</param>
/// <param name="Verdicts">How many verdicts that is about.</param>
/// <param name="FaultyShare">Share of runs with at least one fault.</param>
/// <param name="FaultyShareInterval">Its 95 % interval, over prompts.</param>
/// <param name="MeanRounds">Turns a run.</param>
/// <param name="MeanImages">Images a run.</param>
/// <param name="MeanOutputTokens">Tokens written a run.</param>
/// <param name="ThinkingRatio">Words of reasoning before the first image, knowledge prompts against plain ones; null when there are not both.</param>
/// <param name="SmallEdits">Share of follow-up prompts that differ from the one before by five words or fewer; null without follow-ups.</param>
public sealed record AgentReport(
    double FirstImageSuccess, double ReflectionGain, Interval ReflectionGainInterval, double? VerdictAccuracy, Interval? VerdictAccuracyInterval, int Verdicts,
    double FaultyShare, Interval FaultyShareInterval, double MeanRounds, double MeanImages, double MeanOutputTokens, double? ThinkingRatio, double? SmallEdits)
{
    internal static AgentReport? Of(IReadOnlyList<JudgedTask> prompts)
    {
        var runs = prompts.Select(p => (p.Task, Samples: p.Samples.Where(s => s.Agent is not null).ToList())).Where(p => p.Samples.Count > 0).ToList();

        // Where the judge was not asked about every attempt there is no saying what reflection gained; where it was asked and failed, that run says nothing of
        // it.
        if (runs.Count == 0 || runs.Exists(r => r.Samples.Exists(s => s.Attempts.Any(a => a is { Passed: null, Failure: null }))))
            return null;
        var samples = runs.SelectMany(r => r.Samples).ToList();
        var telling = runs.Select(r => r.Samples.Where(s => !s.JudgementFailed && s.Attempts is not [{ Failure: not null }, ..]).ToList())
            .Where(r => r.Count > 0).ToList();
        if (telling.Count == 0)
            return null;
        double[] gains = [.. telling.Select(r => r.Average(s => (s.Passed ? 1.0 : 0) - (s.FirstPassed ? 1 : 0)))];
        double[] faulty = [.. runs.Select(r => r.Samples.Average(s => s.Agent!.Faults.Count > 0 ? 1.0 : 0))];
        var verdicts = VerdictTally.Of(runs.Select(r => r.Samples));
        return new(
            telling.Average(r => r.Average(s => s.FirstPassed ? 1.0 : 0)),
            gains.Average(),
            ClusteredProportion.OfMean(gains),
            verdicts.Accuracy,
            verdicts.Interval(),
            verdicts.Count,
            faulty.Average(),
            ClusteredProportion.Interval([faulty]),
            samples.Average(s => (double)s.Agent!.Rounds),
            samples.Average(s => (double)s.Attempts.Count),
            samples.Average(s => (double)s.Agent!.OutputTokens),
            Ratio(runs),
            SmallEditShare(samples));
    }

    private static double? Ratio(List<(BenchmarkTask Task, List<Sample> Samples)> runs)
    {
        var words = runs.ToLookup(r => r.Task.NeedsKnowledge, r => r.Samples.Average(s => (double)s.Agent!.ThinkingWords));
        return words[true].Any() && words[false].Any() && words[false].Average() > 0 ? words[true].Average() / words[false].Average() : null;
    }

    private static double? SmallEditShare(List<Sample> samples)
    {
        var edits = samples.SelectMany(s => s.Agent!.Prompts.Zip(s.Agent.Prompts.Skip(1))).Select(p => WordDistance.Of(p.First, p.Second)).ToList();
        return edits.Count == 0 ? null : edits.Average(e => e <= WordDistance.SmallEdit ? 1.0 : 0);
    }
}

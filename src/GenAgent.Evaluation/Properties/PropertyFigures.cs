using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Properties;

/// <summary>
/// Works the three properties out. An agent held to fewer rounds does what it did in its first ones, as it is not told its limit: its result is then the last
/// of these images that it passed, or where it passed none the last, as in the loop itself.
/// </summary>
public static class PropertyFigures
{
    /// <summary>The figures.</summary>
    /// <param name="benchmark">The benchmark.</param>
    /// <param name="runs">One entry a generator.</param>
    /// <param name="from">The lowest limit of rounds, 1 or more.</param>
    /// <param name="to">The highest, the one that the agent ran with.</param>
    /// <returns>Figures over tools, over rounds, and by task.</returns>
    public static PropertyReport Of(IBenchmark benchmark, IReadOnlyList<PropertyRuns> runs, int from, int to)
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        var all = runs.SelectMany(r => r.Tasks.Join(r.Agent, t => t.Id, s => s.Prompt, (t, s) => (Task: t, Sample: s), StringComparer.Ordinal)).ToList();
        return new(
            [.. runs.Select(Gain)],
            [.. runs.SelectMany(r => Enumerable.Range(from, to - from + 1).Select(limit => Held(r, limit)))],
            [.. all.GroupBy(r => r.Task.Category, StringComparer.Ordinal).Select(g => Effort(g.Key, [.. g.Select(r => r.Sample)], to))],
            [
                .. all.Where(r => r.Task.Difficulty is not null).GroupBy(r => r.Task.Difficulty!.Value).OrderBy(g => g.Key)
                    .Select(g => Effort($"{g.Key} {benchmark.DifficultyUnit}{(g.Key == 1 ? string.Empty : "s")}", [.. g.Select(r => r.Sample)], to)),
            ]);
    }

    private static ToolGain Gain(PropertyRuns runs)
    {
        // Only prompts with a verdict on either side can be paired.
        BenchmarkTask[] paired = [.. runs.Tasks.Where(t => HasVerdict(runs.Alone, t) && HasVerdict(runs.Agent, t))];
        var (alone, agent) = (Rates(paired, runs.Alone, Final), Rates(paired, runs.Agent, Final));
        double[] gains = [.. agent.Zip(alone).Select(p => p.First - p.Second)];
        return new(
            runs.Generator, runs.Trained, alone.Average(), ClusteredProportion.Interval([alone]), agent.Average(), ClusteredProportion.Interval([agent]),
            gains.Average(), ClusteredProportion.OfMean(gains));
    }

    private static RoundFigures Held(PropertyRuns runs, int limit)
    {
        var held = Rates(runs.Tasks, runs.Agent, s => Result(s, limit));
        var pairs = runs.Agent.SelectMany(s => s.Attempts.Take(limit).Zip(s.Attempts.Take(limit).Skip(1))).ToList();
        var (afterRight, afterWrong) = (pairs.Where(p => p.First.Passed == true).ToList(), pairs.Where(p => p.First.Passed == false).ToList());
        return new(
            runs.Generator, limit, held.Average(), ClusteredProportion.Interval([held]),
            Rates(runs.Tasks, runs.Agent, s => Best([.. s.Attempts.Take(limit)])).Average(),
            runs.Agent.Average(s => (double)Math.Min(limit, s.Attempts.Count)),
            afterRight.Count == 0 ? null : afterRight.Count(p => p.Second.Passed == false) / (double)afterRight.Count,
            afterWrong.Count == 0 ? null : afterWrong.Count(p => p.Second.Passed == true) / (double)afterWrong.Count);
    }

    // A judgement that failed is no verdict: such a run counts in no share.
    private static bool? Final(Sample sample) => sample.JudgementFailed ? null : sample.Passed;

    private static bool? Best(IReadOnlyList<JudgedAttempt> attempts) =>
        attempts.Any(a => a.Passed == true) ? true : attempts.Any(a => a.Failure is not null) ? null : false;

    private static bool? Result(Sample sample, int limit)
    {
        if (sample.Attempts.Count <= limit)
            return Final(sample);
        var first = sample.Attempts.Take(limit).ToList();
        var result = first.LastOrDefault(a => a.AgentPassed == true) ?? first[^1];
        return result.Failure is null ? result.Passed == true : null;
    }

    private static EffortFigures Effort(string name, IReadOnlyList<Sample> samples, int most) => new(
        name, samples.Count,
        samples.Average(s => (double)(s.Agent?.ThinkingWords ?? 0)),
        samples.Average(s => (double)(s.Agent?.OutputTokens ?? 0)),
        samples.Average(s => (double)(s.Agent?.Rounds ?? 0)),
        samples.Average(s => (double)s.Attempts.Count),
        [.. Enumerable.Range(1, most).Select(n => samples.Count(s => n == most ? s.Attempts.Count >= n : s.Attempts.Count == n) / (double)samples.Count)],
        samples.Select(Final).OfType<bool>().Select(passed => passed ? 1.0 : 0).DefaultIfEmpty(0).Average())
    {
        ThinkingTokens = samples.All(s => s.Agent?.ThinkingTokens is not null) ? samples.Average(s => s.Agent!.ThinkingTokens!.Value) : null,
    };

    private static bool HasVerdict(IReadOnlyList<Sample> samples, BenchmarkTask task) =>
        samples.Any(s => !s.JudgementFailed && string.Equals(s.Prompt, task.Id, StringComparison.Ordinal));

    private static double[] Rates(IReadOnlyList<BenchmarkTask> tasks, IReadOnlyList<Sample> samples, Func<Sample, bool?> right)
    {
        var byPrompt = samples.Select(s => (s.Prompt, Right: right(s))).Where(s => s.Right is not null)
            .ToLookup(s => s.Prompt, s => s.Right == true, StringComparer.Ordinal);
        return [.. tasks.Where(t => byPrompt[t.Id].Any()).Select(t => byPrompt[t.Id].Average(passed => passed ? 1.0 : 0))];
    }
}

using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Scoring;

/// <summary>Makes both scores of an evaluation's samples. Pure: the same samples give the same scores, without asking anybody.</summary>
internal static class Scorer
{
    public static BenchmarkScores Score(IBenchmark benchmark, IReadOnlyList<BenchmarkTask> tasks, IReadOnlyList<Sample> samples)
    {
        var rule = benchmark.Scoring;
        var byPrompt = samples.ToLookup(s => s.Prompt, StringComparer.Ordinal);
        var read = tasks.SelectMany(t => byPrompt[t.Id].Select(s => new Read(t, s, ReadingOf(benchmark, t, s)))).ToList();
        var missing = read.Where(r => r.IsMissing).Select(r => Of(r, r.Sample.Failure ?? "no image")).ToList();
        var failed = read.Where(r => !r.IsMissing && r.Reading.Sound is null).Select(r => Of(r, r.Reading.Reason)).ToList();
        return new(
            Official(rule, read, missing.Count, failed.Count),
            Table(rule, read, r => r.IsMissing ? 0 : r.Reading.Sound, c => c.SoundWeight, note: null),
            failed,
            missing);
    }

    /// <summary>What the replies say, or for an exact judge its verdict.</summary>
    public static ReplyReading ReadingOf(IBenchmark benchmark, BenchmarkTask task, Sample sample)
    {
        if (sample.Replies.Count > 0 && benchmark.Format is { } format)
            return format.Read(task, sample.Replies);
        var value = sample.Passed ? 1.0 : 0;
        return new(value, value, sample.Passed, sample.Failure ?? string.Empty);
    }

    private static Unscored Of(Read read, string why) => new(read.Task.Id, read.Sample.Index, why);

    private static ScoreTable Official(ScoringRule rule, List<Read> read, int missing, int failed) => rule.Missing switch
    {
        MissingImages.Fail when missing + failed > 0 =>
            new(null, null, [], $"The published script gives no score when an image is missing or its judgement failed: {missing} missing, {failed} failed."),
        MissingImages.CountZero => Table(rule, read, r => r.IsMissing ? 0 : r.Reading.Official, c => c.OfficialWeight, Forgotten(rule)),
        _ => Table(rule, read, r => r.IsMissing ? null : r.Reading.Official, c => c.OfficialWeight, Forgotten(rule)),
    };

    private static string? Forgotten(ScoringRule rule) => rule.Columns.Where(c => c.OfficialWeight == 0).Select(c => c.Name).ToList() is { Count: > 0 } names
        ? $"The published script gives no weight to {string.Join(", ", names)}."
        : null;

    private static ScoreTable Table(ScoringRule rule, List<Read> read, Func<Read, double?> value, Func<ScoreColumn, double> weight, string? note)
    {
        var prompts = read.GroupBy(r => r.Task.Id, StringComparer.Ordinal)
            .Select(g => (g.First().Task, Values: g.Select(value).OfType<double>().ToList(), g.First().Reading.Marks)).Where(p => p.Values.Count > 0)
            .ToLookup(p => p.Task.Category, p => (Value: p.Values.Average(), p.Marks), StringComparer.Ordinal);
        var columns = rule.Columns.Where(c => prompts[c.Category].Any()).Select(c => (Column: c, Values: (IReadOnlyList<double>)[.. prompts[c.Category].Select(p => p.Value)])).ToList();
        var weighed = columns.Where(c => weight(c.Column) > 0).ToList();
        var marks = prompts.SelectMany(g => g).Select(p => p.Marks).ToList();
        return new(
            weighed.Count == 0 ? null : weighed.Sum(c => weight(c.Column) * c.Values.Average()) / weighed.Sum(c => weight(c.Column)),
            weighed.Count == 0 ? null : ClusteredProportion.Interval([.. weighed.Select(c => c.Values)], [.. weighed.Select(c => weight(c.Column))], rule.Highest),
            [.. columns.Select(c => new ScoreValue(c.Column.Name, c.Values.Count, c.Values.Average(), ClusteredProportion.Interval([c.Values], [1], rule.Highest)))],
            note)
        {
            Also = rule.AlsoMarks.Where(m => marks.Exists(p => p.ContainsKey(m)))
                .ToDictionary(m => m, m => marks.Where(p => p.ContainsKey(m)).Average(p => p[m]), StringComparer.Ordinal),
        };
    }

    private sealed record Read(BenchmarkTask Task, Sample Sample, ReplyReading Reading)
    {
        public bool IsMissing => Sample.Image is null && !Task.MustDecline;
    }
}

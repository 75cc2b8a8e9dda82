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

    private static ScoreTable Official(ScoringRule rule, List<Read> read, int missing, int failed)
    {
        // What the script leaves out is left out here too; a benchmark whose script stops at a missing image stops at a judgement that it has no mark for.
        var unmarked = read.Count(r => !r.IsMissing && r.Reading.Official is null);
        if (rule.Missing == MissingImages.Fail && missing + unmarked > 0)
            return new(null, null, [],
                $"The published script gives no score when an image is missing or its judgement failed: {missing} missing, {failed} failed.");
        var table = Table(rule, read, r =>
            r.IsMissing ? (rule.Missing == MissingImages.CountZero ? 0 : null) : r.Reading.Official, c => c.OfficialWeight, Forgotten(rule));
        return rule.NeedsEveryColumn && table.Columns.Count < rule.Columns.Count
            ? table with { Overall = null, Interval = null, Note = "The published script gives no overall score unless every column has one." }
            : table;
    }

    private static string? Forgotten(ScoringRule rule) => rule.Columns.Where(c => c.OfficialWeight == 0).Select(c => c.Name).ToList() is { Count: > 0 } names
        ? $"The published script gives no weight to {string.Join(", ", names)}."
        : null;

    private static ScoreTable Table(ScoringRule rule, List<Read> read, Func<Read, double?> value, Func<ScoreColumn, double> weight, string? note)
    {
        var prompts = read.GroupBy(r => r.Task.Id, StringComparer.Ordinal)
            .Select(g => (g.First().Task.Category, Values: g.Select(value).OfType<double>().ToList()))
            .Where(p => p.Values.Count > 0)
            .ToLookup(p => p.Category, p => p.Values.Average(), StringComparer.Ordinal);
        var columns = rule.Columns.Select(c => (Column: c, Values: (IReadOnlyList<double>)[.. c.Categories.SelectMany(category => prompts[category])]))
            .Where(c => c.Values.Count > 0)
            .ToList();
        var weighed = columns.Where(c => weight(c.Column) > 0).ToList();
        return new(
            weighed.Count == 0 ? null : weighed.Sum(c => weight(c.Column) * c.Values.Average()) / weighed.Sum(c => weight(c.Column)),
            weighed.Count == 0
                ? null : ClusteredProportion.Interval([.. weighed.Select(c => c.Values)], [.. weighed.Select(c => weight(c.Column))], rule.Highest),
            [.. columns.Select(c =>
                new ScoreValue(c.Column.Name, c.Values.Count, c.Values.Average(), ClusteredProportion.Interval([c.Values], [1], rule.Highest)))],
            note)
        {
            Also = MeansOfMarks(rule, read),
        };
    }

    /// <summary>The means of single marks: over the images of a prompt that have the mark, then over prompts.</summary>
    private static Dictionary<string, double> MeansOfMarks(ScoringRule rule, List<Read> read)
    {
        Dictionary<string, double> means = new(StringComparer.Ordinal);
        foreach (var mark in rule.AlsoMarks)
        {
            var prompts = read.Where(r => !r.IsMissing && r.Reading.Marks.ContainsKey(mark))
                .GroupBy(r => r.Task.Id, r => r.Reading.Marks[mark], StringComparer.Ordinal)
                .Select(marks => marks.Average())
                .ToList();
            if (prompts.Count > 0)
                means[mark] = prompts.Average();
        }

        return means;
    }

    private sealed record Read(BenchmarkTask Task, Sample Sample, ReplyReading Reading)
    {
        public bool IsMissing => Sample.Image is null && !Task.MustDecline;
    }
}

using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Scoring;

namespace GenAgent.Evaluation.Reports;

/// <summary>The outcome of an evaluation. Immutable.</summary>
/// <param name="Benchmark">The benchmark's name.</param>
/// <param name="Variant">Which of its prompts.</param>
/// <param name="System">What was evaluated.</param>
/// <param name="Groups">The categories, in the benchmark's order.</param>
/// <param name="Summaries">Means over categories (<see cref="IBenchmark.Summaries"/>); one without an evaluated category is left out.</param>
/// <param name="ByDifficulty">All images by how much was asked for.</param>
public sealed record EvaluationReport(
    string Benchmark, string Variant, string System, IReadOnlyList<GroupFigures> Groups, IReadOnlyList<GroupFigures> Summaries,
        IReadOnlyList<GroupFigures> ByDifficulty)
{
    /// <summary>How the agent conducted itself; null where there was none, or where not all of its images were judged.</summary>
    public AgentReport? Agent { get; init; }

    /// <summary>Who judged, and by which question.</summary>
    public string Judge { get; init; } = string.Empty;

    /// <summary>Whether it is the model of the published figures, wherever it runs; null where a program judges.</summary>
    public bool? JudgeIsOfficial { get; init; }

    /// <summary>The versions that the judge's server reported, in order; empty where it reported none.</summary>
    public IReadOnlyList<string> JudgeVersions { get; init; } = [];

    /// <summary>The hash of the judge's questions; null where a program judges.</summary>
    public string? Questions { get; init; }

    /// <summary>When the first image was judged; null where a program judges, and for folders of earlier versions.</summary>
    public DateTimeOffset? JudgedFrom { get; init; }

    /// <summary>When the last image was judged; null where a program judges, and for folders of earlier versions.</summary>
    public DateTimeOffset? JudgedTo { get; init; }

    /// <summary>The official and the sound score.</summary>
    public BenchmarkScores? Scores { get; init; }

    /// <summary>Figures of others.</summary>
    public IReadOnlyList<PublishedScore> Published { get; init; } = [];

    /// <summary>What it took; null without samples.</summary>
    public RunCosts? Costs { get; init; }

    /// <summary>What the run cost by a price list, in <see cref="Currency"/>; null without one.</summary>
    public double? Cost { get; init; }

    /// <summary>The price list's currency; null without one.</summary>
    public string? Currency { get; init; }

    /// <summary>Images that are judged.</summary>
    public int Done { get; init; }

    /// <summary>Images in all.</summary>
    public int Total { get; init; }

    /// <summary>Which limit ended the run before its end, as <c>the images</c>; null for none.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>A kind of error in words, as <c>wrong color</c>.</summary>
    /// <param name="errorKind">The kind, as reports name it.</param>
    /// <returns>Lower-case words.</returns>
    public static string InWords(string errorKind)
    {
        ArgumentNullException.ThrowIfNull(errorKind);
        return string.Concat(errorKind.Select(c => char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : c.ToString()));
    }

    /// <summary>The rows of the main table: categories of no summary, then each summary's categories and the summary.</summary>
    /// <param name="benchmark">The benchmark that was evaluated; it gives the order.</param>
    /// <returns>A row each, and whether it is a summary.</returns>
    public IEnumerable<(GroupFigures Group, bool IsSummary)> Rows(IBenchmark benchmark)
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        var summed = benchmark.Summaries.SelectMany(s => s.Categories).ToHashSet(StringComparer.Ordinal);
        IEnumerable<(GroupFigures, bool)> loose = Groups.Where(g => !summed.Contains(g.Name)).Select(g => (g, false));
        return loose.Concat(
            benchmark.Summaries.SelectMany(summary => Groups.Where(g => summary.Categories.Contains(g.Name, StringComparer.Ordinal)).Select(g => (g, false))
            .Concat(Summaries.Where(g => string.Equals(g.Name, summary.Name, StringComparison.Ordinal)).Select(g => (g, true)))));
    }

    /// <summary>Whether a judge (a format, @, a URI) asks the model of another URI: by the model's name alone, as anybody may serve it.</summary>
    private static bool IsSameModel(string judge, string official) =>
        string.Equals(ModelOf(judge[(judge.IndexOf('@', StringComparison.Ordinal) + 1)..]), ModelOf(official), StringComparison.OrdinalIgnoreCase);

    private static string ModelOf(string uri)
    {
        var name = uri[(uri.IndexOf(':', StringComparison.Ordinal) + 1)..].Split('@')[0];
        return name[(name.LastIndexOf('/') + 1)..];
    }

    /// <summary>Works out the figures. The intervals are the same for the same samples.</summary>
    internal static EvaluationReport Of(IBenchmark benchmark, ReportContext context, IReadOnlyList<BenchmarkTask> tasks, IReadOnlyList<Sample> samples)
    {
        var subject = context.Subject;
        var judgedAt = samples.Select(s => s.JudgedAt).OfType<DateTimeOffset>().ToList();
        var byPrompt = samples.ToLookup(s => s.Prompt, StringComparer.Ordinal);
        var judged = tasks.Select(t => new JudgedTask(t, [.. byPrompt[t.Id]])).Where(t => t.Samples.Count > 0).ToList();
        var byCategory = judged.GroupBy(t => t.Task.Category, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
        var report = new EvaluationReport(
            benchmark.Name,
            benchmark.Variant,
            subject.System,
            [.. byCategory.Select(c => GroupFigures.Of(c.Key, [c.Value]))],
            [.. benchmark.Summaries.Select(Together).OfType<GroupFigures>()],
            [
                .. judged.Where(t => t.Task.Difficulty is not null).GroupBy(t => t.Task.Difficulty!.Value).OrderBy(g => g.Key)
                    .Select(g => GroupFigures.Of($"{g.Key} {benchmark.DifficultyUnit}{(g.Key == 1 ? string.Empty : "s")}", [[.. g]])),
            ])
        {
            Agent = AgentReport.Of(judged),
            Judge = subject.Judge,
            JudgeIsOfficial = benchmark.OfficialJudge is { } official ? IsSameModel(subject.Judge, official) : null,
            JudgeVersions = [
                .. samples.SelectMany(s => s.AllReplies).Select(r => r.Model).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Questions = context.Questions,
            JudgedFrom = judgedAt.Count == 0 ? null : judgedAt.Min(),
            JudgedTo = judgedAt.Count == 0 ? null : judgedAt.Max(),
            Scores = Scorer.Score(benchmark, tasks, samples),
            Published = benchmark.Published,
            Costs = RunCosts.Of(samples),
            Done = samples.Count,
            Total = tasks.Count * subject.ImagesPerPrompt,
            StoppedBy = context.StoppedBy,
        };
        return report with { Cost = context.Prices?.Total(report), Currency = context.Prices?.Currency };

        GroupFigures? Together(BenchmarkSummary summary)
        {
            var strata = summary.Categories.Where(byCategory.ContainsKey).Select(c => byCategory[c]).ToList();
            return strata.Count == 0 ? null : GroupFigures.Of(summary.Name, summary.WeighsPrompts ? [[.. strata.SelectMany(s => s)]] : strata);
        }
    }
}

/// <summary>A prompt with its images' verdicts.</summary>
internal sealed record JudgedTask(BenchmarkTask Task, IReadOnlyList<Sample> Samples)
{
    public double Rate => Samples.Count(s => s.Passed) / (double)Samples.Count;
}

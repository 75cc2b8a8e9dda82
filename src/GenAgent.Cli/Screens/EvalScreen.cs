using System.Globalization;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Statistics;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Shows how far an evaluation is, and its figures.</summary>
internal static class EvalScreen
{
    /// <summary>Runs the work: a progress bar in a terminal, else a line every twentieth of the way.</summary>
    public static Task<EvaluationReport> ShowAsync(IAnsiConsole console, TimeProvider time, Func<IProgress<EvaluationProgress>, Task<EvaluationReport>> work)
    {
        var pace = new Pace(time);
        return CountScreen.ShowAsync(console, "images", show => work(new Relay<EvaluationProgress>(value =>
            show.Report(new(value.Done, value.Total, Passed(value), pace.Left(value.Done, value.Total))))));
    }

    public static void WriteTable(IAnsiConsole console, IBenchmark benchmark, EvaluationReport report)
    {
        var images = report.Groups.Select(g => g.PassAtK.Count).DefaultIfEmpty(1).Min();
        var table = Tables.Framed($"{report.System}, {report.Variant.ToLowerInvariant()} prompts", "category");
        foreach (var head in new[] { "prompts", "images", "success", "95 %", "met", $"one of {images}" })
        {
            table.AddColumn(new TableColumn(head).RightAligned().NoWrap());
        }

        table.AddColumn("what goes wrong");
        foreach (var (group, isSum) in report.Rows(benchmark))
        {
            table.AddRow(isSum ? Cells(group).Select(cell => $"[bold]{cell}[/]").ToArray() : Cells(group));
            if (isSum)
            {
                table.AddEmptyRow();
            }
        }

        console.Write(table);
        if (report.Agent is { } agent)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"first images {agent.FirstImageSuccess:F3}, reflection {agent.ReflectionGain:+0.000;-0.000} ({agent.ReflectionGainInterval:+0.000;-0.000}), "
                    + $"verdicts right {Optional(agent.VerdictAccuracy)}{Between(agent.VerdictAccuracyInterval)} of {agent.Verdicts} (balanced), runs with "
                    + $"faults {agent.FaultyShare:P2} (up to {agent.FaultyShareInterval.High:P2}), {agent.MeanRounds:F2} turns, thinking on knowledge "
                    + $"{Optional(agent.ThinkingRatio)} times as long, small edits {Optional(agent.SmallEdits)}"));
        }
    }

    private static string[] Cells(GroupFigures group) =>
    [
        Markup.Escape(group.Name),
        group.Prompts.ToString(CultureInfo.InvariantCulture),
        group.Images.ToString(CultureInfo.InvariantCulture),
        group.Success.ToString("F3", CultureInfo.InvariantCulture),
        string.Create(CultureInfo.InvariantCulture, $"{group.Interval.Low:F3}-{group.Interval.High:F3}"),
        group.Share.ToString("F3", CultureInfo.InvariantCulture),
        group.PassAtK[^1].ToString("F3", CultureInfo.InvariantCulture),
        Worst(group),
    ];

    /// <summary>The two commonest errors, in errors an image; images that could not be made count among them.</summary>
    private static string Worst(GroupFigures group) =>
        string.Join(", ", group.Errors.Select(e => (Words: EvaluationReport.InWords(e.Key), Count: e.Value)).Append((Words: "no image", Count: group.Failures))
        .Where(e => e.Count > 0).OrderByDescending(e => e.Count).Take(2)
        .Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Words} {e.Count / (double)group.Images:F2}")));

    private static string Between(Interval? interval) =>
        interval is { } i ? string.Create(CultureInfo.InvariantCulture, $" ({i:F3})") : string.Empty;

    private static string Optional(double? value) => value?.ToString("F3", CultureInfo.InvariantCulture) ?? "unknown";

    private static string Passed(EvaluationProgress value) =>
        string.Create(CultureInfo.InvariantCulture, $"{(value.Done == 0 ? 0 : value.Passed / (double)value.Done):P1} passed");

    /// <summary>How long the rest takes at the pace of this call: what earlier calls did has cost no time.</summary>
    private sealed class Pace(TimeProvider time)
    {
        private readonly Lock _lock = new();
        private readonly long _start = time.GetTimestamp();
        private int? _first;

        public TimeSpan? Left(int done, int total)
        {
            lock (_lock)
            {
                var first = _first ??= done;
                var elapsed = time.GetElapsedTime(_start);
                return done == total || done == first || elapsed < TimeSpan.FromSeconds(1) ? null : elapsed / (done - first) * (total - done);
            }
        }
    }
}

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
    private const int LinesWithoutTerminal = 20;

    /// <summary>Runs the work: a progress bar in a terminal, else a line every twentieth of the way.</summary>
    public static Task<EvaluationReport> ShowAsync(IAnsiConsole console, TimeProvider time, Func<IProgress<EvaluationProgress>, Task<EvaluationReport>> work) =>
        console.Profile.Capabilities is { Ansi: true, Interactive: true } ? ShowBarAsync(console, work) : work(new Lines(console, time));

    public static void WriteTable(IAnsiConsole console, IBenchmark benchmark, EvaluationReport report)
    {
        var images = report.Groups.Select(g => g.PassAtK.Count).DefaultIfEmpty(1).Min();
        var table = new Table().Border(TableBorder.Rounded).Title(new TableTitle(Markup.Escape($"{report.System}, {report.Variant.ToLowerInvariant()} prompts")));
        table.AddColumn("category");
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
                $"first images {agent.FirstImageSuccess:F3}, reflection {agent.ReflectionGain:+0.000;-0.000} ({agent.ReflectionGainInterval:+0.000;-0.000}), verdicts right {Optional(agent.VerdictAccuracy)}{Between(agent.VerdictAccuracyInterval)} of {agent.Verdicts} (balanced), runs with faults {agent.FaultyShare:P2} (up to {agent.FaultyShareInterval.High:P2}), {agent.MeanRounds:F2} turns, thinking on knowledge {Optional(agent.ThinkingRatio)} times as long, small edits {Optional(agent.SmallEdits)}"));
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
    private static string Worst(GroupFigures group) => string.Join(", ", group.Errors.Select(e => (Words: EvaluationReport.InWords(e.Key), Count: e.Value)).Append((Words: "no image", Count: group.Failures))
        .Where(e => e.Count > 0).OrderByDescending(e => e.Count).Take(2)
        .Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Words} {e.Count / (double)group.Images:F2}")));

    private static string Between(Interval? interval) =>
        interval is { } i ? string.Create(CultureInfo.InvariantCulture, $" ({i:F3})") : string.Empty;

    private static string Optional(double? value) => value?.ToString("F3", CultureInfo.InvariantCulture) ?? "unknown";

    private static Task<EvaluationReport> ShowBarAsync(IAnsiConsole console, Func<IProgress<EvaluationProgress>, Task<EvaluationReport>> work) => console.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .StartAsync(context => work(new Bar(context.AddTask("images"))));

    private static string Standing(EvaluationProgress value) => string.Create(
        CultureInfo.InvariantCulture, $"{value.Done} of {value.Total} images, {(value.Done == 0 ? 0 : value.Passed / (double)value.Done):P1} passed");

    private sealed class Bar(ProgressTask task) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value)
        {
            (task.MaxValue, task.Value) = (value.Total, Math.Max(task.Value, value.Done));
            task.Description = Standing(value);
        }
    }

    private sealed class Lines(IAnsiConsole console, TimeProvider time) : IProgress<EvaluationProgress>
    {
        private readonly long _start = time.GetTimestamp();
        private readonly Lock _lock = new();
        private int _shown = -1;
        private int _first = -1;

        public void Report(EvaluationProgress value)
        {
            lock (_lock)
            {
                var part = value.Done * LinesWithoutTerminal / Math.Max(1, value.Total);
                if (part <= _shown)
                {
                    return;
                }

                _shown = part;
                _first = _first < 0 ? value.Done : _first;
                console.Profile.Out.Writer.WriteLine(Standing(value) + Left(value));
            }
        }

        private string Left(EvaluationProgress value)
        {
            var elapsed = time.GetElapsedTime(_start);
            return value.Done == value.Total || value.Done == _first || elapsed < TimeSpan.FromSeconds(1)
                ? string.Empty
                : string.Create(CultureInfo.InvariantCulture, $", about {Math.Ceiling((elapsed / (value.Done - _first) * (value.Total - value.Done)).TotalMinutes)} min left");
        }
    }
}

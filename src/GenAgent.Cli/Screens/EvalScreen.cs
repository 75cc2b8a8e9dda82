using System.Globalization;
using GenAgent.Evaluation.Micro;
using GenAgent.Evaluation.Statistics;
using GenAgent.Micro.Verification;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Shows how far an evaluation is, and its figures.</summary>
internal static class EvalScreen
{
    private const int LinesWithoutTerminal = 20;

    /// <summary>Runs the work: a progress bar in a terminal, else a line every twentieth of the way.</summary>
    public static Task<MicroReport> ShowAsync(IAnsiConsole console, Func<IProgress<MicroProgress>, Task<MicroReport>> work) =>
        console.Profile.Capabilities is { Ansi: true, Interactive: true } ? ShowBarAsync(console, work) : work(new Lines(console));

    public static void WriteTable(IAnsiConsole console, MicroReport report)
    {
        var images = report.Groups.Select(g => g.PassAtK.Count).DefaultIfEmpty(1).Min();
        var table = new Table().Border(TableBorder.Rounded).Title(new TableTitle(Markup.Escape($"{report.System}, {report.Split.ToLowerInvariant()} prompts")));
        table.AddColumn("category");
        foreach (var head in new[] { "prompts", "images", "success", "95 %", "met", $"one of {images}" })
        {
            table.AddColumn(new TableColumn(head).RightAligned().NoWrap());
        }

        table.AddColumn("what goes wrong");
        Rows(table, report.Groups.Where(g => !IsKnowledge(g)), report.Categories);
        Rows(table, report.Groups.Where(IsKnowledge), report.Knowledge);
        console.Write(table);
        if (report.Agent is { } agent)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"first images {agent.FirstImageSuccess:F3}, reflection {agent.ReflectionGain:+0.000;-0.000} ({agent.ReflectionGainInterval:+0.000;-0.000}), verdicts right {Optional(agent.VerdictAccuracy)}{Between(agent.VerdictAccuracyInterval)} of {agent.Verdicts} (balanced), runs with faults {agent.FaultyShare:P2} (up to {agent.FaultyShareInterval.High:P2}), {agent.MeanRounds:F2} turns, thinking on knowledge {Optional(agent.ThinkingRatio)} times as long, small edits {Optional(agent.SmallEdits)}"));
        }
    }

    private static void Rows(Table table, IEnumerable<MicroGroup> groups, MicroGroup? together)
    {
        foreach (var group in groups)
        {
            table.AddRow(Cells(group));
        }

        if (together is not null)
        {
            table.AddRow(Cells(together).Select(cell => $"[bold]{cell}[/]").ToArray());
            table.AddEmptyRow();
        }
    }

    private static string[] Cells(MicroGroup group) =>
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
    private static string Worst(MicroGroup group) => string.Join(", ", group.Errors.Select(e => (Words: Words(e.Key), Count: e.Value)).Append((Words: "no image", Count: group.Failures))
        .Where(e => e.Count > 0).OrderByDescending(e => e.Count).Take(2)
        .Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Words} {e.Count / (double)group.Images:F2}")));

    private static string Words(ErrorKind kind) => kind switch
    {
        ErrorKind.WrongColor => "wrong color",
        ErrorKind.WrongClass => "wrong class",
        ErrorKind.WrongPlace => "wrong place",
        ErrorKind.WrongSize => "wrong size",
        ErrorKind.WrongBackground => "wrong background",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static bool IsKnowledge(MicroGroup group) => group.Name.StartsWith("knowledge", StringComparison.Ordinal);

    private static string Between(Interval? interval) =>
        interval is { } i ? string.Create(CultureInfo.InvariantCulture, $" ({i:F3})") : string.Empty;

    private static string Optional(double? value) => value?.ToString("F3", CultureInfo.InvariantCulture) ?? "unknown";

    private static Task<MicroReport> ShowBarAsync(IAnsiConsole console, Func<IProgress<MicroProgress>, Task<MicroReport>> work) => console.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .StartAsync(context => work(new Bar(context.AddTask("images"))));

    private static string Standing(MicroProgress value) => string.Create(
        CultureInfo.InvariantCulture, $"{value.Done} of {value.Total} images, {(value.Done == 0 ? 0 : value.Passed / (double)value.Done):P1} passed");

    private sealed class Bar(ProgressTask task) : IProgress<MicroProgress>
    {
        public void Report(MicroProgress value)
        {
            (task.MaxValue, task.Value) = (value.Total, Math.Max(task.Value, value.Done));
            task.Description = Standing(value);
        }
    }

    private sealed class Lines(IAnsiConsole console) : IProgress<MicroProgress>
    {
        private readonly Lock _lock = new();
        private int _shown = -1;

        public void Report(MicroProgress value)
        {
            lock (_lock)
            {
                var part = value.Done * LinesWithoutTerminal / Math.Max(1, value.Total);
                if (part <= _shown)
                {
                    return;
                }

                _shown = part;
                console.Profile.Out.Writer.WriteLine(Standing(value));
            }
        }
    }
}

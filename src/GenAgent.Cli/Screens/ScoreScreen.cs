using System.Globalization;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Statistics;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Shows a benchmark's two scores, others' figures beside them, and what the run took.</summary>
internal static class ScoreScreen
{
    public static void Write(IAnsiConsole console, IBenchmark benchmark, EvaluationReport report)
    {
        if (benchmark.Format is not null && report.Scores is { } scores)
        {
            var rows = ReportRows.Of(report);
            var table = Tables.Framed($"{report.System}, judged by {report.Judge}", "score");
            foreach (var head in rows.Heads.Append("overall"))
            {
                table.AddColumn(new TableColumn(Markup.Escape(head)).RightAligned().NoWrap());
            }

            foreach (var row in rows.Rows)
            {
                table.AddRow([Markup.Escape(row.IsPublished ? $"{row.System} †" : row.Kind), .. row.WithIntervals().Append((row.Overall, row.Interval))
                    .Select(Cell)]);
            }

            console.Write(table);
            var other = report.JudgeIsOfficial == false ? " The judge is not that of the published figures." : string.Empty;
            console.WriteLine("Below each value is its 95 % interval over prompts. †: published by its authors.");
            console.WriteLine($"{scores.Failed.Count} judgements failed, {scores.Missing.Count} images are missing. {scores.Official.Note}{other}".Trim());
        }

        if (report.Costs is { } costs)
        {
            var money = report.Cost is { } total ? string.Create(CultureInfo.InvariantCulture, $", {total:F2} {report.Currency}") : string.Empty;
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"a sample took {costs.ImagesPerSample:F2} images, {costs.ModelCallsPerSample:F2} model calls, {costs.InputTokensPerSample:F0} + "
                    + $"{costs.OutputTokensPerSample:F0} tokens, {costs.SecondsPerSample:F1} s; {costs.JudgeCalls} judge calls{money}"));
        }
    }

    /// <summary>A value, and its 95 % interval on the line below.</summary>
    private static string Cell((double? Value, Interval? Interval) cell) =>
        Number(cell.Value) + (cell.Interval is { } i ? string.Create(CultureInfo.InvariantCulture, $"\n[dim]{i.Low:F2}-{i.High:F2}[/]") : string.Empty);

    private static string Number(double? value) => value?.ToString("F3", CultureInfo.InvariantCulture) ?? "-";
}

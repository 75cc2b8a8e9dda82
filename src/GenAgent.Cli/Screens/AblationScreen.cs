using System.Globalization;
using GenAgent.Evaluation.Statistics;
using GenAgent.Micro.Training.Ablations;
using GenAgent.Storage;
using ScottPlot;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Shows what a study of ablations found, a table an evaluation.</summary>
internal static class AblationScreen
{
    public static void WriteTable(IAnsiConsole console, IReadOnlyList<AblationResult> results)
    {
        foreach (var evaluation in results.GroupBy(result => result.Evaluation, StringComparer.Ordinal))
        {
            var table = new Table().Border(TableBorder.Rounded).Title(new TableTitle(Markup.Escape(evaluation.Key)));
            table.AddColumns("variant", "seeds", "success", "difference", "reflection", "rounds", "faults");
            foreach (var result in evaluation.Select(one => one.Result))
            {
                table.AddRow(
                    Markup.Escape(result.Name), result.Seeds.ToString(CultureInfo.InvariantCulture), $"{Number(result.Success)} {Of(result.Interval)}",
                    result.DifferenceInterval is { } interval ? $"{Number(result.Difference, "+0.000;-0.000")} {Of(interval)}" : string.Empty,
                    Number(result.Reflection, "+0.000;-0.000"), Number(result.Rounds, "F2"), Number(result.Faulty));
            }

            console.Write(table);
        }
    }

    private static string Number(double? value, string format = "F3") => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    private static string Of(Interval interval) => string.Create(CultureInfo.InvariantCulture, $"({interval.Low:F3} to {interval.High:F3})");
}

/// <summary>Plots how the variants of a study learned.</summary>
internal static class AblationPlots
{
    private const int Width = 900;

    // Reward of the rollouts, turns that a rollout took, and success on held-out prompts, where the recipe evaluates.
    private static readonly (string File, string Figure)[] Figures = [("reward", "reward"), ("rounds", "rollouts/rounds"), ("success", "success")];

    /// <summary>
    /// Writes a curve for each variant, the mean of its seeds, as <c>reward</c>, <c>rounds</c> and <c>success</c>, PNG and SVG; a figure that no run has is
    /// left out.
    /// </summary>
    public static void Curves(string folder, IReadOnlyList<(string Variant, IReadOnlyList<MetricEntry> Entries)> runs)
    {
        foreach (var (file, figure) in Figures)
        {
            var plot = PropertyPlots.NewPlot(file);
            plot.XLabel("step");
            foreach (var variant in runs.GroupBy(run => run.Variant, StringComparer.Ordinal))
            {
                Coordinates[] points =
                [
                    .. variant.SelectMany(run => run.Entries).Where(entry => entry.Values.ContainsKey(figure))
                        .GroupBy(entry => entry.Step).OrderBy(step => step.Key)
                        .Select(step => new Coordinates(step.Key, step.Average(entry => entry.Values[figure]))),
                ];
                if (points.Length > 0) plot.Add.ScatterLine(points).LegendText = variant.Key;
            }

            if (!plot.GetPlottables().Any()) continue;
            plot.ShowLegend(Alignment.UpperLeft);
            PropertyPlots.Save(plot, Path.Combine(folder, file), Width);
        }
    }
}

using System.Globalization;
using GenAgent.Evaluation.Statistics;
using GenAgent.Micro.Training.Ablations;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Shows what a study of ablations found, a table an evaluation.</summary>
internal static class AblationScreen
{
    public static void WriteTable(IAnsiConsole console, IReadOnlyList<AblationResult> results)
    {
        foreach (var evaluation in results.GroupBy(result => result.Evaluation, StringComparer.Ordinal))
        {
            var table = Tables.Framed(evaluation.Key, "variant", "seeds", "success", "difference", "reflection", "rounds", "faults");
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

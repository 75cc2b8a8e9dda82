using System.Globalization;
using GenAgent.Training.Synthesis.Filters;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>What a data set holds, and what its filters dropped, as tables.</summary>
internal static class DataTables
{
    public static void Write(IAnsiConsole console, DataStatistics statistics)
    {
        var table = Tables.Simple("", "Kind", "Trajectories").Right(2);
        Rows(table, "category", statistics.Categories);
        Rows(table, "images shown", statistics.Rounds);
        Rows(table, "first turn", statistics.FirstTries);
        Rows(table, "verdicts", statistics.Verdicts);
        console.Write(table);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{statistics.Trajectories} trajectories, {statistics.Images} images, {statistics.InputTokens} tokens read and {statistics.OutputTokens} written "
                + $"by the teacher; judge passed {Share(statistics.PassedFirst)} of the first images and {Share(statistics.PassedLast)} of the last"));
    }

    public static void Write(IAnsiConsole console, FilterReport report)
    {
        var table = Tables.Simple("Filter", "Dropped", "For example").Right(1);
        foreach (var filter in report.Filters)
        {
            table.AddRow(
                new Text(filter.Name),
                new Text(filter.Dropped.ToString(CultureInfo.InvariantCulture)),
                new Text(filter.Examples is [var first, ..] ? Hosting.TerminalText.OneLine($"{first.Trajectory}: {first.Reason}", 120) : string.Empty));
        }

        console.Write(table);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kept {report.Kept} of {report.Read}"));
    }

    private static void Rows(Table table, string what, IReadOnlyDictionary<string, int> counts)
    {
        foreach (var (name, count) in counts)
        {
            table.AddRow(new Text(what), new Text(Hosting.TerminalText.Clean(name)), new Text(count.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static string Share(double? value) => value?.ToString("P1", CultureInfo.InvariantCulture) ?? "none";
}

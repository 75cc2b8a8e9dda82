using System.Globalization;
using System.Text;

namespace GenAgent.Evaluation.Reports;

/// <summary>A report's scores as CSV: a line a system, official and sound score and others' figures among them; columns as in the paper.</summary>
internal static class ReportCsv
{
    public static string Write(EvaluationReport report)
    {
        var table = ReportRows.Of(report);
        var text = new StringBuilder();
        Line(["system", "score", .. table.Heads, "overall", "low", "high", .. table.Heads.SelectMany(head => new[] { $"{head} low", $"{head} high" })]);
        foreach (var row in table.Rows)
        {
            var intervals = row.WithIntervals().SelectMany(cell => new[] { cell.Interval?.Low, cell.Interval?.High });
            Line([row.System, row.Kind, .. row.Cells.Select(Number), Number(row.Overall), Number(row.Interval?.Low), Number(row.Interval?.High),
                .. intervals.Select(Number)]);
        }
        return text.ToString();

        void Line(IEnumerable<string> cells) => text.AppendJoin(',', cells.Select(Quote)).Append("\r\n");
    }

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? string.Empty;

    private static string Quote(string cell)
    {
        // A name of a file's making must not be a formula of the program that opens the table.
        var text = cell is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] && !double.TryParse(cell, CultureInfo.InvariantCulture, out _) ? "'" + cell : cell;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}

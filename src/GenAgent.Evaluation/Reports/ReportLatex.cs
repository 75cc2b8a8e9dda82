using System.Globalization;
using System.Text;
using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Reports;

/// <summary>A report's scores as a LaTeX table (booktabs), others' figures below a rule.</summary>
internal static class ReportLatex
{
    public static string Write(EvaluationReport report)
    {
        var table = ReportRows.Of(report);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"% {Escape(report.Benchmark)}, {Escape(report.Variant)}; judge {Escape(report.Judge)}\n");
        text.Append(CultureInfo.InvariantCulture, $"\\begin{{tabular}}{{l{new string('c', table.Heads.Count + 1)}}}\n\\toprule\n");
        text.Append("System & ").AppendJoin(" & ", table.Heads.Select(Escape)).Append(table.Heads.Count > 0 ? " & " : string.Empty)
            .Append("Overall \\\\\n\\midrule\n");
        var published = false;
        foreach (var row in table.Rows)
        {
            if (row.IsPublished && !published)
            {
                published = true;
                text.Append("\\midrule\n");
            }

            var name = row.IsPublished ? Escape(row.System) + "$^\\dagger$" : $"{Escape(row.System)} ({row.Kind})";
            text.Append(name).Append(" & ").AppendJoin(" & ", row.WithIntervals().Append((row.Overall, row.Interval)).Select(Cell)).Append(" \\\\\n");
        }

        return text.Append("\\bottomrule\n\\end{tabular}\n").Append(published ? "% $^\\dagger$: as published by its authors\n" : string.Empty).ToString();
    }

    private static string Cell((double? Value, Interval? Interval) cell) => cell.Interval is { } i
        ? string.Create(CultureInfo.InvariantCulture, $"{Number(cell.Value)} {{\\scriptsize[{i.Low:F3}, {i.High:F3}]}}")
        : Number(cell.Value);

    private static string Number(double? value) => value?.ToString("F3", CultureInfo.InvariantCulture) ?? "--";

    private static string Escape(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            safe.Append(c switch
            {
                '\\' => "\\textbackslash{}",
                '~' => "\\textasciitilde{}",
                '^' => "\\textasciicircum{}",
                '&' or '%' or '$' or '#' or '_' or '{' or '}' => $"\\{c}",
                _ when char.IsControl(c) => " ",
                _ => c.ToString(),
            });
        }

        return safe.ToString();
    }
}

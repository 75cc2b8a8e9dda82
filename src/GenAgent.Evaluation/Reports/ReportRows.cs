using GenAgent.Evaluation.Scoring;
using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Reports;

/// <summary>The table of a paper: this evaluation's two scores, and others' figures below them.</summary>
/// <param name="Heads">The columns' heads.</param>
/// <param name="Rows">The rows.</param>
public sealed record ReportRows(IReadOnlyList<string> Heads, IReadOnlyList<ReportRow> Rows)
{
    /// <summary>The table of a report.</summary>
    /// <param name="report">The figures.</param>
    /// <returns>Heads and rows, published figures included.</returns>
    public static ReportRows Of(EvaluationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (report.Scores is not { } scores)
            return new([], []);
        string[] heads = [.. scores.Sound.Columns.Select(c => c.Name)];
        return new(heads,
        [
            Own("official", scores.Official),
            Own("sound", scores.Sound),
            .. report.Published.Select(p =>
                new ReportRow(p.System, "published by its authors", [.. heads.Select((_, i) => i < p.Columns.Count ? p.Columns[i] : (double?)null)], p.Overall,
                null)),
        ]);

        ReportRow Own(string kind, ScoreTable table)
        {
            ScoreValue?[] columns = [.. heads.Select(h => table.Columns.FirstOrDefault(c => string.Equals(c.Name, h, StringComparison.Ordinal)))];
            return new(report.System, kind, [.. columns.Select(c => c?.Value)], table.Overall, table.Interval) {
                CellIntervals = [.. columns.Select(c => c?.Interval)] };
        }
    }
}

/// <summary>A row of the table.</summary>
/// <param name="System">Whose figures.</param>
/// <param name="Kind">Which score: <c>official</c>, <c>sound</c>, or <c>published by its authors</c>.</param>
/// <param name="Cells">The columns' values; null where there is none.</param>
/// <param name="Overall">The overall score; null where there is none.</param>
/// <param name="Interval">Its 95 % interval; null where there is none.</param>
public sealed record ReportRow(string System, string Kind, IReadOnlyList<double?> Cells, double? Overall, Interval? Interval)
{
    /// <summary>The 95 % intervals of the cells, over prompts; empty for figures of others, and null where a cell has none.</summary>
    public IReadOnlyList<Interval?> CellIntervals { get; init; } = [];

    /// <summary>Whether these are another's figures.</summary>
    public bool IsPublished => Kind.StartsWith("published", StringComparison.Ordinal);

    /// <summary>The cells with their intervals.</summary>
    /// <returns>Each value with its 95 % interval; null for none.</returns>
    public IEnumerable<(double? Value, Interval? Interval)> WithIntervals() => Cells.Select((cell, i) => (cell, CellIntervals.ElementAtOrDefault(i)));
}

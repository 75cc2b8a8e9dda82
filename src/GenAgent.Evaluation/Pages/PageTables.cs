using System.Globalization;
using System.Text;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Pages;

/// <summary>The figures of a report as tables of a web page.</summary>
internal static class PageTables
{
    public static void Write(StringBuilder page, IBenchmark benchmark, EvaluationReport report)
    {
        Scores(page, benchmark, report);
        var k = Math.Max(1, report.Groups.Select(g => g.PassAtK.Count).DefaultIfEmpty(1).Min());
        var oneOf = k > 1 ? string.Create(CultureInfo.InvariantCulture, $"<th>one of {k}</th>") : string.Empty;
        var head = $"<th>prompts</th><th>images</th><th>success</th><th>95 %</th><th "
            + $"class=\"bar\"></th><th>{(benchmark.Format is null ? "constraints met" : "mean value")}</th>{oneOf}</tr>";
        page.Append(CultureInfo.InvariantCulture, $"<h2>Success</h2><table><tr><th>category</th>{head}");
        foreach (var (group, isSum) in report.Rows(benchmark))
            Row(page, group, k, isSum);
        page.Append("</table>");
        if (report.ByDifficulty.Count > 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>By number of {ReportPage.Text(benchmark.DifficultyUnit)}s</h2><table><tr><th>asked for</th>{head}");
            foreach (var group in report.ByDifficulty)
                Row(page, group, k, isSum: false);
            page.Append("</table>");
        }

        Errors(page, benchmark, report);
        if (report.Agent is { } agent)
            Agent(page, agent);
        if (report.Costs is { } costs)
            Costs(page, report, costs);
    }

    private static void Scores(StringBuilder page, IBenchmark benchmark, EvaluationReport report)
    {
        var rows = ReportRows.Of(report);
        if (benchmark.Format is null || report.Scores is not { } scores)
            return;
        var heads = string.Concat(rows.Heads.Select(h => $"<th>{ReportPage.Text(h)}</th>"));
        page.Append(CultureInfo.InvariantCulture,
            $"<h2>Scores</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Scores\"><table>"
                + $"<tr><th>system</th><th>score</th>{heads}<th>overall</th><th>95 %</th></tr>");
        foreach (var row in rows.Rows)
        {
            var cells = string.Concat(row.WithIntervals().Select(Cell));
            var theirs = row.IsPublished ? " class=\"theirs\"" : string.Empty;
            page.Append(CultureInfo.InvariantCulture,
                $"<tr{theirs}><td>{ReportPage.Text(row.System)}</td><td>{(row.IsPublished ? "published" : row.Kind)}</td>{cells}"
                    + $"<td>{Optional(row.Overall)}</td><td>{row.Interval?.ToString("F3", CultureInfo.InvariantCulture)}</td></tr>");
        }

        page.Append("</table></div>");
        var notes = new[] { scores.Official.Note, report.JudgeIsOfficial == false ? "The judge is not that of the published figures." : null }.OfType<string>();
        page.Append(CultureInfo.InvariantCulture, $"<p class=\"soft\">{scores.Failed.Count} judgements failed, {scores.Missing.Count} images are missing. "
            + $"Published figures are those of their authors. {ReportPage.Text(string.Join(' ', notes))}</p>");
    }

    private static string Cell((double? Value, Interval? Interval) cell) =>
        string.Create(CultureInfo.InvariantCulture,
            $"<td>{(cell.Value is null ? "&ndash;" : Optional(cell.Value))}"
                + $"{(cell.Interval is { } i ? string.Create(CultureInfo.InvariantCulture, $"<small>{i:F3}</small>") : null)}</td>");

    private static void Costs(StringBuilder page, EvaluationReport report, RunCosts costs)
    {
        page.Append(CultureInfo.InvariantCulture, $"""
            <h2>What it took</h2><table>
            <tr><td>images made for one that counts</td><td>{costs.ImagesPerSample:F2}</td></tr>
            <tr><td>calls of the agent's model for one</td><td>{costs.ModelCallsPerSample:F2}</td></tr>
            <tr><td>tokens read and written for one</td><td>{costs.InputTokensPerSample:F0}, {costs.OutputTokensPerSample:F0}</td></tr>
            <tr><td>seconds for one, others at the same time included</td><td>{costs.SecondsPerSample:F2}</td></tr>
            <tr><td>calls of the judge, tokens read and written in all</td><td>{costs.JudgeCalls}; {costs.JudgeInputTokens}, {costs.JudgeOutputTokens}</td></tr>

            """);
        if (report.Cost is { } cost)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>cost in all</td><td>{cost:F2} {ReportPage.Text(report.Currency ?? string.Empty)}</td></tr>");
        page.Append("</table>\n");
    }

    private static void Row(StringBuilder page, GroupFigures group, int k, bool isSum)
    {
        var bar = string.Create(CultureInfo.InvariantCulture, $"""
            <svg viewBox="0 0 200 12" role="img" aria-label="{group.Success:P0}"><rect width="200" height="12" rx="2" fill="var(--line)"/><rect width="{200 * group.Success:F1}" height="12" rx="2" fill="var(--mark)"/><path d="M{200 * group.Interval.Low:F1} 6H{200 * group.Interval.High:F1}" stroke="var(--ink)" stroke-width="2"/></svg>
            """);
        page.Append(CultureInfo.InvariantCulture,
            $"<tr{(isSum ? " class=\"sum\"" : string.Empty)}><td>{ReportPage.Text(group.Name)}</td><td>{group.Prompts}</td><td>{group.Images}</td>");
        page.Append(CultureInfo.InvariantCulture,
            $"<td>{group.Success:F3}</td><td>{group.Interval:F3}</td><td class=\"bar\">{bar}</td><td>{group.Share:F3}</td>");
        if (k > 1)
            page.Append(CultureInfo.InvariantCulture, $"<td>{group.PassAtK[k - 1]:F3}</td>");
        page.Append("</tr>");
    }

    private static void Errors(StringBuilder page, IBenchmark benchmark, EvaluationReport report)
    {
        var kinds = benchmark.ErrorKinds;
        if (kinds.Count == 0)
            return;
        var head = string.Concat(kinds.Select(e => $"<th>{ReportPage.Text(EvaluationReport.InWords(e))}</th>"));
        page.Append(CultureInfo.InvariantCulture, $"<h2>Errors per 100 images</h2><table><tr><th>category</th>{head}<th>no image</th></tr>");
        foreach (var group in report.Groups)
        {
            var cells = string.Concat(
                kinds.Select(e => string.Create(CultureInfo.InvariantCulture, $"<td>{100.0 * group.Errors.GetValueOrDefault(e) / group.Images:F1}</td>")));
            page.Append(CultureInfo.InvariantCulture,
                $"<tr><td>{ReportPage.Text(group.Name)}</td>{cells}<td>{100.0 * group.Failures / group.Images:F1}</td></tr>");
        }

        page.Append("</table>");
    }

    private static void Agent(StringBuilder page, AgentReport agent)
    {
        page.Append(CultureInfo.InvariantCulture, $"""
            <h2>Agent</h2><table>
            <tr><td>success of the first images</td><td>{agent.FirstImageSuccess:F3}</td></tr>
            <tr><td>gained by reflection</td><td>{agent.ReflectionGain:+0.000;-0.000} ({agent.ReflectionGainInterval:+0.000;-0.000})</td></tr>
            <tr><td>balanced accuracy of its {agent.Verdicts} verdicts</td><td>{Optional(agent.VerdictAccuracy)}{Between(agent.VerdictAccuracyInterval)}</td></tr>
            <tr><td>runs with a fault</td><td>{agent.FaultyShare:P2} ({agent.FaultyShareInterval:P2})</td></tr>
            <tr><td>turns, images, tokens a run</td><td>{agent.MeanRounds:F2}, {agent.MeanImages:F2}, {agent.MeanOutputTokens:F0}</td></tr>
            <tr><td>thinking, knowledge against plain prompts</td><td>{Optional(agent.ThinkingRatio)}</td></tr>
            <tr><td>follow-up prompts that differ by five words or fewer</td><td>{Optional(agent.SmallEdits)}</td></tr>
            </table>

            """);
    }

    private static string Between(Interval? interval) =>
        interval is { } i ? string.Create(CultureInfo.InvariantCulture, $" ({i:F3})") : string.Empty;

    private static string Optional(double? value) => value?.ToString("F3", CultureInfo.InvariantCulture) ?? "none";
}

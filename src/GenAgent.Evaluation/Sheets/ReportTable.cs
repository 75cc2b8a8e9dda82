using System.Globalization;
using System.Text;
using GenAgent.Evaluation.Micro;
using GenAgent.Evaluation.Statistics;
using GenAgent.Micro.Verification;

namespace GenAgent.Evaluation.Sheets;

/// <summary>The figures of a report as tables of a web page.</summary>
internal static class ReportTable
{
    public static void Write(StringBuilder page, MicroReport report)
    {
        var k = Math.Max(1, report.Groups.Select(g => g.PassAtK.Count).DefaultIfEmpty(1).Min());
        var head = $"<th>prompts</th><th>images</th><th>success</th><th>95 %</th><th class=\"bar\"></th><th>constraints met</th>{(k > 1 ? string.Create(CultureInfo.InvariantCulture, $"<th>one of {k}</th>") : string.Empty)}</tr>";
        page.Append(CultureInfo.InvariantCulture, $"<h2>Success</h2><table><tr><th>category</th>{head}");
        foreach (var group in report.Groups.Where(g => !g.Name.StartsWith("knowledge", StringComparison.Ordinal)))
            Row(page, group, k, sum: false);
        if (report.Categories is { } categories)
            Row(page, categories, k, sum: true);
        foreach (var group in report.Groups.Where(g => g.Name.StartsWith("knowledge", StringComparison.Ordinal)))
            Row(page, group, k, sum: false);
        if (report.Knowledge is { } knowledge)
            Row(page, knowledge, k, sum: true);
        page.Append(CultureInfo.InvariantCulture, $"</table><h2>By number of objects</h2><table><tr><th>asked for</th>{head}");
        foreach (var group in report.ByObjects)
            Row(page, group, k, sum: false);
        page.Append("</table>");
        Errors(page, report);
        if (report.Agent is { } agent)
            Agent(page, agent);
    }

    private static void Row(StringBuilder page, MicroGroup group, int k, bool sum)
    {
        var bar = string.Create(CultureInfo.InvariantCulture, $"""
            <svg viewBox="0 0 200 12" role="img" aria-label="{group.Success:P0}"><rect width="200" height="12" rx="2" fill="var(--line)"/><rect width="{200 * group.Success:F1}" height="12" rx="2" fill="var(--mark)"/><path d="M{200 * group.Interval.Low:F1} 6H{200 * group.Interval.High:F1}" stroke="var(--ink)" stroke-width="2"/></svg>
            """);
        page.Append(CultureInfo.InvariantCulture, $"<tr{(sum ? " class=\"sum\"" : string.Empty)}><td>{ContactSheet.Text(group.Name)}</td><td>{group.Prompts}</td><td>{group.Images}</td><td>{group.Success:F3}</td><td>{group.Interval:F3}</td><td class=\"bar\">{bar}</td><td>{group.Share:F3}</td>{(k > 1 ? string.Create(CultureInfo.InvariantCulture, $"<td>{group.PassAtK[k - 1]:F3}</td>") : string.Empty)}</tr>");
    }

    private static void Errors(StringBuilder page, MicroReport report)
    {
        var kinds = Enum.GetValues<ErrorKind>();
        page.Append(CultureInfo.InvariantCulture, $"<h2>Errors per 100 images</h2><table><tr><th>category</th>{string.Concat(kinds.Select(e => $"<th>{ContactSheet.Words(e)}</th>"))}<th>no image</th></tr>");
        foreach (var group in report.Groups)
        {
            var cells = string.Concat(kinds.Select(e => string.Create(CultureInfo.InvariantCulture, $"<td>{100.0 * group.Errors.GetValueOrDefault(e) / group.Images:F1}</td>")));
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{ContactSheet.Text(group.Name)}</td>{cells}<td>{100.0 * group.Failures / group.Images:F1}</td></tr>");
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

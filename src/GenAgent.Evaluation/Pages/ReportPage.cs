using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Storage;

namespace GenAgent.Evaluation.Pages;

/// <summary>
/// An evaluation as a web page: figures, filters, and every image by its file with the judge's reasons. The page itself is small; what it shows of the
/// samples lies in <c>report/index.js</c>, and whole runs in <c>report/details-NNNN.js</c>, loaded when somebody looks at one.
/// </summary>
internal static class ReportPage
{
    public const string FolderName = "report";

    public static void Write(
        string folder, IBenchmark benchmark, EvaluationReport report, IReadOnlyList<BenchmarkTask> tasks, IReadOnlyList<Sample> samples, RunDetails details)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(report.System)} on {Text(benchmark.Title)}</title><style>{Resource("page.css")}</style></head><body>
            <h1>{Text(report.System)} on {Text(benchmark.Title)}</h1>
            <p class="soft">{Text(report.Variant)} prompts, {report.Done} of {report.Total} images, judged by {Text(JudgeOf(report))}. {Text(benchmark.SuccessRule)}
            Intervals are 95 %, over prompts.</p>

            """);
        PageTables.Write(page, benchmark, report);
        Filters(page, benchmark, report, samples);
        page.Append(CultureInfo.InvariantCulture, $"<script src=\"{FolderName}/index.js\"></script><script>{Resource("page.js")}</script></body></html>\n");
        Directory.CreateDirectory(Path.Combine(folder, FolderName));
        PageData.Write(folder, benchmark, tasks, samples, details);
        AtomicFile.Write(Path.Combine(folder, "report.html"), Encoding.UTF8.GetBytes(page.ToString()), toDisk: false);
    }

    /// <summary>Who judged, in which version, by which questions, and when.</summary>
    private static string JudgeOf(EvaluationReport report)
    {
        var days = new[] { report.JudgedFrom, report.JudgedTo }.OfType<DateTimeOffset>().Select(t => t.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))
            .Distinct(StringComparer.Ordinal).ToList();
        string?[] parts =
        [
            report.Judge,
            report.JudgeVersions.Count > 0 ? $"version {string.Join(" and ", report.JudgeVersions)}" : null,
            report.Questions is { } questions ? $"questions {questions}" : null,
            days.Count > 0 ? $"on {string.Join(" to ", days)}" : null,
        ];
        return string.Join(", ", parts.OfType<string>());
    }

    public static string Text(string text) => HtmlEncoder.Default.Encode(text);

    private static void Filters(StringBuilder page, IBenchmark benchmark, EvaluationReport report, IReadOnlyList<Sample> samples)
    {
        var categories = string.Concat(report.Groups.Select(g => $"<option>{Text(g.Name)}</option>"));
        var errors = string.Concat(benchmark.ErrorKinds.Select(e => $"<option value=\"{Text(e)}\">{Text(EvaluationReport.InWords(e))}</option>"));
        var rounds = samples.Select(s => s.Attempts.Count).Where(r => r > 0).Distinct().Order();
        var roundOptions = string.Concat(rounds.Select(r => string.Create(CultureInfo.InvariantCulture, $"<option value=\"{r}\">{r} images</option>")));
        page.Append(CultureInfo.InvariantCulture, $"""
            <h2>Images</h2>
            <div class="filters">
            <select id="category" aria-label="Category"><option value="">every category</option>{categories}</select>
            <select id="verdict" aria-label="Verdict"><option value="">every verdict</option><option value="pass">passed</option><option value="fail">failed</option><option value="none">none</option></select>
            <select id="error" aria-label="Error"{Hidden(benchmark.ErrorKinds.Count > 0)}><option value="">every error</option>{errors}</select>
            <select id="rounds" aria-label="Rounds"{Hidden(roundOptions.Length > 0)}><option value="">any number of rounds</option>{roundOptions}</select>
            <input id="text" type="search" placeholder="words in prompt or reason" aria-label="Words">
            <label{Hidden(benchmark.ExactJudge is not null)}><input id="marks" type="checkbox" checked> boxes</label> <span id="count" class="soft"></span>
            </div>
            <div id="cards" class="{(benchmark.ExactJudge is null ? string.Empty : "small")}"></div><div id="more" class="soft">more</div>

            """);
    }

    private static string Hidden(bool isOfUse) => isOfUse ? string.Empty : " hidden";

    private static string Resource(string name)
    {
        using var stream = typeof(ReportPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidDataException($"The assembly lacks its resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

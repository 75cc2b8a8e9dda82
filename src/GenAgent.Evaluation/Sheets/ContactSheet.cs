using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;

namespace GenAgent.Evaluation.Sheets;

/// <summary>An evaluation as one web page that needs nothing else: figures, and every image with the judge's boxes and reasons.</summary>
internal static class ContactSheet
{
    // Units of the overlay's view box, and what a letter takes of them.
    private const int Side = 96;
    private const double LetterWidth = 2.3;

    /// <summary>The page.</summary>
    /// <param name="benchmark">The benchmark.</param>
    /// <param name="report">The figures.</param>
    /// <param name="tasks">The prompts, in order.</param>
    /// <param name="samples">The images' verdicts.</param>
    /// <param name="readImage">The bytes of an image by its place below the evaluation's folder.</param>
    public static string Write(
        IBenchmark benchmark, EvaluationReport report, IReadOnlyList<BenchmarkTask> tasks, IReadOnlyList<Sample> samples, Func<string, byte[]> readImage)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(report.System)} on {Text(benchmark.Title)}</title><style>{Resource("sheet.css")}</style></head><body>
            <h1>{Text(report.System)} on {Text(benchmark.Title)}</h1>
            <p class="soft">{Text(report.Variant)} prompts, {samples.Count} images. {Text(benchmark.SuccessRule)} Intervals are 95 %, over prompts.</p>

            """);
        ReportTable.Write(page, benchmark, report);
        Filters(page, benchmark, report);
        var byPrompt = samples.ToLookup(s => s.Prompt, StringComparer.Ordinal);
        foreach (var task in tasks.Where(t => byPrompt[t.Id].Any()))
            Prompt(page, benchmark, task, [.. byPrompt[task.Id]], readImage);
        page.Append(CultureInfo.InvariantCulture, $"<script>{Resource("sheet.js")}</script></body></html>\n");
        return page.ToString();
    }

    public static string Text(string text) => HtmlEncoder.Default.Encode(text);

    private static void Filters(StringBuilder page, IBenchmark benchmark, EvaluationReport report)
    {
        var tags = string.Concat(report.Groups.Select(g => $"<option>{Text(g.Name)}</option>"));
        var errors = string.Concat(benchmark.ErrorKinds.Select(e => $"<option value=\"{Text(e)}\">{Text(EvaluationReport.InWords(e))}</option>"));
        page.Append(CultureInfo.InvariantCulture, $"""
            <h2>Images</h2>
            <div class="filters">
            <select id="tag" aria-label="Category"><option value="">every category</option>{tags}</select>
            <select id="verdict" aria-label="Verdict"><option value="">passed and failed</option><option value="pass">passed</option><option value="fail">failed</option></select>
            <select id="error" aria-label="Error"><option value="">every error</option>{errors}</select>
            <input id="text" type="search" placeholder="words in prompt or reason" aria-label="Words">
            <label><input id="marks" type="checkbox" checked> boxes</label> <span id="count" class="soft"></span>
            </div>

            """);
    }

    private static void Prompt(StringBuilder page, IBenchmark benchmark, BenchmarkTask task, IReadOnlyList<Sample> samples, Func<string, byte[]> readImage)
    {
        page.Append(CultureInfo.InvariantCulture, $"""
            <section class="prompt" data-tag="{Text(task.Category)}"><p><span class="text">{Text(task.Prompt)}</span> <span class="soft">{Text(task.Id)}</span></p><div class="images">
            """);
        foreach (var sample in samples)
            Figure(page, benchmark, task, sample, readImage);
        page.Append("</div></section>\n");
    }

    private static void Figure(StringBuilder page, IBenchmark benchmark, BenchmarkTask task, Sample sample, Func<string, byte[]> readImage)
    {
        var errors = string.Join(' ', sample.Errors.Distinct(StringComparer.Ordinal));
        page.Append(CultureInfo.InvariantCulture, $"<figure class=\"{(sample.Passed ? "pass" : "fail")}\" data-errors=\"{Text(errors)}\"><div class=\"frame\">");
        if (sample.Image is { } place)
        {
            var type = place.EndsWith(".jpg", StringComparison.Ordinal) ? "jpeg" : place.EndsWith(".webp", StringComparison.Ordinal) ? "webp" : "png";
            page.Append(CultureInfo.InvariantCulture, $"<img alt=\"\" loading=\"lazy\" src=\"data:image/{type};base64,{Convert.ToBase64String(readImage(place))}\">");
            page.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Side} {Side}\">");
            foreach (var mark in benchmark.Marks(sample))
                Mark(page, mark);
            page.Append("</svg>");
        }
        else
        {
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"none\">{Text(sample.Failure ?? "no image")}</div>");
        }

        var reason = sample.Failure ?? string.Join(" ", sample.Checks.Where(c => !c.Passed).Select(c => $"{c.Question}: expected {c.Expected}, found {c.Found}."));
        var sent = string.Equals(sample.SentPrompt, task.Prompt, StringComparison.Ordinal) ? string.Empty : $"<div class=\"soft\">sent: {Text(sample.SentPrompt)}</div>";
        var verdict = sample.Passed ? "passed" : string.Create(CultureInfo.InvariantCulture, $"failed, {sample.Share:P0} met");
        page.Append(CultureInfo.InvariantCulture, $"</div><figcaption><b>{verdict}</b> {Text(reason)}{sent}</figcaption></figure>");
    }

    private static void Mark(StringBuilder page, ImageMark mark)
    {
        var (left, top) = (mark.Left * Side, mark.Top * Side);
        var x = Math.Clamp(left - 1, 1, Math.Max(1, Side - (LetterWidth * mark.Label.Length)));
        page.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(mark.IsClear ? "clear" : "unclear")}\" x=\"{left:0.##}\" y=\"{top:0.##}\"");
        page.Append(CultureInfo.InvariantCulture, $" width=\"{(mark.Right * Side) - left:0.##}\" height=\"{(mark.Bottom * Side) - top:0.##}\">");
        page.Append(CultureInfo.InvariantCulture, $"<title>{Text(mark.Detail)}</title></rect><text x=\"{x:F1}\" y=\"{Math.Max(4.5, top - 0.8):F1}\">{Text(mark.Label)}</text>");
    }

    private static string Resource(string name)
    {
        using var stream = typeof(ContactSheet).Assembly.GetManifestResourceStream(name) ?? throw new InvalidDataException($"The assembly lacks its resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using GenAgent.Evaluation.Micro;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Evaluation.Sheets;

/// <summary>An evaluation as one web page that needs nothing else: figures, and every image with the verifier's boxes and reasons.</summary>
internal static class ContactSheet
{
    // Sure readings need no number; it stands in the tooltip.
    private const float SureConfidence = 0.75f;
    private const double LetterWidth = 2.3;

    /// <summary>The page.</summary>
    /// <param name="report">The figures.</param>
    /// <param name="prompts">The prompts, in order.</param>
    /// <param name="samples">The images' verdicts.</param>
    /// <param name="readImage">The bytes of an image by its place below the evaluation's folder.</param>
    public static string Write(MicroReport report, IReadOnlyList<MicroPrompt> prompts, IReadOnlyList<MicroSample> samples, Func<string, byte[]> readImage)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(report.System)} on the miniature benchmark</title><style>{Resource("sheet.css")}</style></head><body>
            <h1>{Text(report.System)} on the miniature benchmark</h1>
            <p class="soft">{Text(report.Split)} prompts, {samples.Count} images. Success is strict: every object right in class, colour, number and place, and nothing else. Intervals are 95 %, over prompts.</p>

            """);
        ReportTable.Write(page, report);
        Filters(page, report);
        var byPrompt = samples.ToLookup(s => s.Prompt, StringComparer.Ordinal);
        foreach (var prompt in prompts.Where(p => byPrompt[p.Id].Any()))
            Prompt(page, prompt, [.. byPrompt[prompt.Id]], readImage);
        page.Append(CultureInfo.InvariantCulture, $"<script>{Resource("sheet.js")}</script></body></html>\n");
        return page.ToString();
    }

    public static string Text(string text) => HtmlEncoder.Default.Encode(text);

    private static void Filters(StringBuilder page, MicroReport report)
    {
        var tags = string.Concat(report.Groups.Select(g => $"<option>{Text(g.Name)}</option>"));
        var errors = string.Concat(Enum.GetValues<ErrorKind>().Select(e => $"<option value=\"{e}\">{Words(e)}</option>"));
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

    private static void Prompt(StringBuilder page, MicroPrompt prompt, IReadOnlyList<MicroSample> samples, Func<string, byte[]> readImage)
    {
        page.Append(CultureInfo.InvariantCulture, $"<section class=\"prompt\" data-tag=\"{Text(prompt.Tag)}\"><p><span class=\"text\">{Text(prompt.Prompt)}</span> <span class=\"soft\">{Text(prompt.Id)}</span></p><div class=\"images\">");
        foreach (var sample in samples)
            Figure(page, prompt, sample, readImage);
        page.Append("</div></section>\n");
    }

    private static void Figure(StringBuilder page, MicroPrompt prompt, MicroSample sample, Func<string, byte[]> readImage)
    {
        var errors = string.Join(' ', sample.Errors.Distinct());
        page.Append(CultureInfo.InvariantCulture, $"<figure class=\"{(sample.Passed ? "pass" : "fail")}\" data-errors=\"{errors}\"><div class=\"frame\">");
        if (sample.Image is { } place)
        {
            var type = place.EndsWith(".jpg", StringComparison.Ordinal) ? "jpeg" : place.EndsWith(".webp", StringComparison.Ordinal) ? "webp" : "png";
            page.Append(CultureInfo.InvariantCulture, $"<img alt=\"\" loading=\"lazy\" src=\"data:image/{type};base64,{Convert.ToBase64String(readImage(place))}\">");
            page.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {World.ImageSize} {World.ImageSize}\">");
            foreach (var item in sample.Objects)
                Mark(page, item);
            page.Append("</svg>");
        }
        else
        {
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"none\">{Text(sample.Failure ?? "no image")}</div>");
        }

        var reason = sample.Failure ?? (sample.Passed ? string.Empty : string.Join(" ", sample.Checks.Where(c => !c.Passed).Select(c => $"{c.Question}: expected {c.Expected}, found {c.Found}.")));
        var sent = string.Equals(sample.SentPrompt, prompt.Prompt, StringComparison.Ordinal) ? string.Empty : $"<div class=\"soft\">sent: {Text(sample.SentPrompt)}</div>";
        page.Append(CultureInfo.InvariantCulture, $"</div><figcaption><b>{(sample.Passed ? "passed" : $"failed, {sample.Share:P0} met")}</b> {Text(reason)}{sent}</figcaption></figure>");
    }

    private static void Mark(StringBuilder page, SeenObject item)
    {
        var box = item.Box;
        var name = item.IsClear ? $"{WorldWords.Name(item.Color)} {WorldWords.Name(item.Class)}" : $"unclear: {item.Doubt}";
        var label = !item.IsClear ? "unclear" : item.Confidence >= SureConfidence ? name : string.Create(CultureInfo.InvariantCulture, $"{name} {item.Confidence:F2}");
        page.Append(CultureInfo.InvariantCulture, $"""
            <rect class="{(item.IsClear ? "clear" : "unclear")}" x="{box.Left}" y="{box.Top}" width="{box.Right - box.Left}" height="{box.Bottom - box.Top}"><title>{Text(name)}, confidence {item.Confidence:F2}</title></rect><text x="{Math.Clamp(box.Left - 1, 1, Math.Max(1, World.ImageSize - (LetterWidth * label.Length))):F1}" y="{Math.Max(4.5, box.Top - 0.8):F1}">{Text(label)}</text>
            """);
    }

    public static string Words(ErrorKind kind) => kind switch
    {
        ErrorKind.WrongColor => "wrong colour",
        ErrorKind.WrongClass => "wrong class",
        ErrorKind.WrongPlace => "wrong place",
        ErrorKind.WrongSize => "wrong size",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string Resource(string name)
    {
        using var stream = typeof(ContactSheet).Assembly.GetManifestResourceStream(name) ?? throw new InvalidDataException($"The assembly lacks its resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

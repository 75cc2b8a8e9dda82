using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;
using GenAgent.Storage;

namespace GenAgent.Evaluation.Pages;

/// <summary>The scripts that hold what the page shows. Names are short, as there is one of each a sample.</summary>
internal static class PageData
{
    private const int Chunk = 200;
    private const int LongestReason = 400;

    // Safe within a script: the default encoder escapes markup.
    private static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.Default,
    };

    public static void Write(string folder, IBenchmark benchmark, IReadOnlyList<BenchmarkTask> tasks, IReadOnlyList<Sample> samples, RunDetails details)
    {
        var places = tasks.Index().ToDictionary(t => t.Item.Id, t => t.Index, StringComparer.Ordinal);
        var index = new { prompts = tasks.Select(t => new[] { t.Id, t.Category, t.Prompt }),
            samples = samples.Select((s, i) => Entry(benchmark, s, places[s.Prompt], i, details)) };
        Script(folder, "index.js", stream =>
        {
            stream.Write("const data="u8);
            JsonSerializer.Serialize(stream, index, Json);
        });
        foreach (var (number, chunk) in samples.Chunk(Chunk).Index())
        {
            Script(folder, string.Create(CultureInfo.InvariantCulture, $"details-{number:D4}.js"), stream =>
            {
                stream.Write(System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"details({number},")));
                JsonSerializer.Serialize(stream, chunk.Select(details.Of), Json);
                stream.Write(")"u8);
            });
        }
    }

    private static object Entry(IBenchmark benchmark, Sample sample, int prompt, int at, RunDetails details)
    {
        var boxes = benchmark.Marks(sample)
            .Select(m => new object[] { Round(m.Left), Round(m.Top), Round(m.Right), Round(m.Bottom), m.Label, m.Detail, m.IsClear }).ToList();
        return new
        {
            p = prompt,
            v = sample.Passed ? "pass" : sample.Failure is null ? "fail" : "none",
            m = sample.Image,
            w = Reason(sample),
            r = sample.Attempts.Count > 0 ? sample.Attempts.Count : (int?)null,
            e = sample.Errors.Count > 0 ? sample.Errors.Distinct(StringComparer.Ordinal) : null,
            b = boxes.Count > 0 ? boxes : null,
            d = details.Has(sample) ? true : (bool?)null,
            chunk = at / Chunk,
            place = at % Chunk,
        };
    }

    private static double Round(double value) => Math.Round(value, 4);

    private static string? Reason(Sample sample)
    {
        var why = sample.Failure ?? string.Join(' ', sample.Checks.Where(c => !c.Passed).Select(c => $"{c.Question}: expected {c.Expected}, found {c.Found}."));
        if (why.Length == 0)
            why = sample.Reason ?? string.Empty;
        return why.Length == 0 ? null : why.Length <= LongestReason ? why : why[..LongestReason] + "...";
    }

    private static void Script(string folder, string name, Action<Stream> write) =>
        AtomicFile.Write(Path.Combine(folder, ReportPage.FolderName, name), write, toDisk: false);
}

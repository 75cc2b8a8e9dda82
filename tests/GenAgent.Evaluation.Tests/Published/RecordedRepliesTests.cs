using System.Text.Json;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Published;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Scoring;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Tests.Published;

/// <summary>
/// Recorded replies in the official formats, with every fault that judges have, against expectations worked out by hand from the published scripts' rules:
/// tests/GenAgent.Evaluation.Tests/Recordings has a file for each benchmark.
/// </summary>
public sealed class RecordedRepliesTests : IDisposable
{
    private static readonly string[] Faults =
        ["none", "cut", "bold headings", "missing field", "refusal in words", "refusal by the server", "missing image"];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Benchmarks => ["geneval++", "wise", "wise-verified", "imagine", "geneval2", "own"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Benchmarks))]
    public void Scores_of_recorded_replies_are_what_the_published_rules_give_by_hand(string name)
    {
        var recording = Read(name);
        var benchmark = Open(recording);
        foreach (var recorded in recording.GetProperty("cases").EnumerateArray())
        {
            var what = $"{name}, {recorded.GetProperty("name").GetString()}";
            var samples = SamplesOf(benchmark, recorded, what);

            var scores = Scorer.Score(benchmark, [.. samples.Select(s => s.Task)], [.. samples.Select(s => s.Sample)]);

            ShouldBe(scores.Official.Overall, Optional(recorded, "official"), $"{what}: {recorded.GetProperty("officialBecause").GetString()}");
            ShouldBe(scores.Sound.Overall, Optional(recorded, "sound"), $"{what}: {recorded.GetProperty("soundBecause").GetString()}");
            scores.Failed.Count.ShouldBe(recorded.GetProperty("failed").GetInt32(), what);
            scores.Missing.Count.ShouldBe(recorded.GetProperty("missing").GetInt32(), what);
            if (scores.Official.Overall is null)
                scores.Official.Note.ShouldNotBeNull(what);
        }
    }

    [Theory]
    [MemberData(nameof(Benchmarks))]
    public void Every_benchmark_has_a_recording_of_every_fault(string name)
    {
        var recorded = Read(name).GetProperty("cases").EnumerateArray().SelectMany(c => c.GetProperty("samples").EnumerateArray());

        Faults.Except(recorded.Select(s => s.GetProperty("fault").GetString()!)).ShouldBeEmpty(name);
    }

    /// <summary>The recorded samples, each reading checked on the way.</summary>
    private static List<(BenchmarkTask Task, Sample Sample)> SamplesOf(IBenchmark benchmark, JsonElement recorded, string what)
    {
        List<(BenchmarkTask Task, Sample Sample)> samples = [];
        foreach (var (number, entry) in recorded.GetProperty("samples").EnumerateArray().Index())
        {
            var category = entry.GetProperty("category").GetString()!;
            var task = benchmark.Tasks.Where(t => t.Category == category).ElementAt(samples.Count(s => s.Task.Category == category));
            JudgeReply[]? replies = entry.TryGetProperty("replies", out var list) ? [.. list.EnumerateArray().Select(ReplyOf)] : null;
            samples.Add((task, new(1, task.Id, 0, "1", task.Prompt, replies is null ? null : "x.png", 1, false, 0, [], [], [])
            {
                KeptReplies = replies,
                Failure = replies is null ? "no image" : null,
            }));
            if (replies is null)
                continue;
            var reading = benchmark.Format!.Read(task, replies);
            ShouldBe(reading.Official, Optional(entry, "official"),
                $"{what}, official reading of sample {number + 1} ({entry.GetProperty("fault").GetString()})");
            ShouldBe(reading.Sound, Optional(entry, "sound"), $"{what}, sound reading of sample {number + 1} ({entry.GetProperty("fault").GetString()})");
        }

        return samples;
    }

    private static JudgeReply ReplyOf(JsonElement reply)
    {
        if (reply.ValueKind == JsonValueKind.String)
            return new JudgeReply("q", reply.GetString());
        string? Member(string name) => reply.TryGetProperty(name, out var value) ? value.GetString() : null;
        return new JudgeReply(Member("question") ?? "q", Member("text"))
        {
            Error = Member("error"),
            FirstTokens = reply.TryGetProperty("tokens", out var tokens)
                ? [.. tokens.EnumerateObject().Select(t => new TokenChance(t.Name, Math.Log(t.Value.GetDouble())))]
                : null,
        };
    }

    private static JsonElement Read(string name) => JsonDocument.Parse(
        File.ReadAllText(Path.Combine(RepoFolder.Root, "tests", "GenAgent.Evaluation.Tests", "Recordings", $"{name}.json"))).RootElement;

    private IBenchmark Open(JsonElement recording) => recording.GetProperty("benchmark").GetString() switch
    {
        "geneval++" => GenEvalPlusBenchmark.Load(),
        "imagine" => ImagineBenchmark.Load(),
        "wise" => WiseBenchmark.ReadLegacy([Write("wise.json", recording.GetProperty("data").GetRawText())]),
        "wise-verified" => WiseBenchmark.ReadVerified([Write("wise.json", recording.GetProperty("data").GetRawText())]),
        "geneval2" => GenEval2Benchmark.Read(Write("geneval2.jsonl", Lines(recording))),
        _ => OwnBenchmark.Read(Write("own.jsonl", Lines(recording))),
    };

    private static string Lines(JsonElement recording) => string.Join('\n', recording.GetProperty("data").EnumerateArray().Select(line => line.GetRawText()));

    private string Write(string name, string text)
    {
        var path = _folder[name];
        File.WriteAllText(path, text);
        return path;
    }

    private static double? Optional(JsonElement element, string name) =>
        element.GetProperty(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    private static void ShouldBe(double? actual, double? expected, string why)
    {
        if (expected is { } value)
            actual.ShouldNotBeNull(why).ShouldBe(value, 1e-12, why);
        else
            actual.ShouldBeNull(why);
    }
}

using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Published;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Scoring;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Tests.Published;

/// <summary>Official and sound scores of a few kept replies, by hand.</summary>
public sealed class OfficialScoreTests
{
    private static Sample Of(BenchmarkTask task, string? reply) =>
        new(1, task.Id, 0, "1", task.Prompt, reply is null ? null : "images/x.png", 1, false, 0, [], [], []) { KeptReplies = reply is null ? null : [new("q", reply)], Failure = reply is null ? "no image" : null };

    private static BenchmarkScores Score(IBenchmark benchmark, params (string Category, string?[] Replies)[] replies)
    {
        var tasks = replies.SelectMany(c => benchmark.Tasks.Where(t => t.Category == c.Category).Take(c.Replies.Length)).ToList();
        return Scorer.Score(benchmark, tasks, [.. tasks.Zip(replies.SelectMany(c => c.Replies)).Select(p => Of(p.First, p.Second))]);
    }

    [Fact]
    public void GenEvalPlusPlus_counts_missing_and_failed_as_wrong_officially_and_leaves_failed_out_soundly()
    {
        const string Yes = """{"correct": true, "reason": "x"}""";
        const string No = """{"correct": false, "reason": "x"}""";
        var scores = Score(GenEvalPlusBenchmark.Load(), ("color_attr", [Yes, Yes, "broken", null]), ("counting", [Yes, No]));

        // Official: (2 of 4 + 1 of 2) / 2. Sound: (2 of 3, the missing one being wrong, + 1 of 2) / 2.
        scores.Official.Overall!.Value.ShouldBe(0.5, 1e-12);
        scores.Sound.Overall!.Value.ShouldBe(((2 / 3.0) + 0.5) / 2, 1e-12);
        scores.Failed.ShouldHaveSingleItem().Why.ShouldContain("broken");
        scores.Missing.ShouldHaveSingleItem().Why.ShouldBe("no image");
        scores.Sound.Columns.Select(c => c.Name).ShouldBe(["color", "count"]);
    }

    [Fact]
    public void Imagine_bench_forgets_a_category_officially_and_weighs_all_prompts_soundly()
    {
        static string Marks(int all) => $"Fantasy Fulfillment: {all}\nIdentity Preservation: {all}\nAesthetic Quality: {all}";
        var scores = Score(ImagineBenchmark.Load(), ("COLOR", [Marks(8), "nothing", null]), ("Multi-Object", [Marks(2)]));

        // Official: COLOR alone, (8 - 1) / 2, the missing image being left out. Sound: COLOR (8 + 0) / 2 with weight 30, Multi-Object 2 with weight 60.
        scores.Official.Overall!.Value.ShouldBe(3.5, 1e-12);
        scores.Sound.Overall!.Value.ShouldBe(((4 * 30) + (2 * 60)) / 90.0, 1e-12);
        scores.Official.Note!.ShouldContain("Multi-Object");
        scores.Failed.Count.ShouldBe(1);
    }

    [Fact]
    public void Wise_averages_over_what_is_there_with_the_published_weights()
    {
        using var folder = new TemporaryWise();
        var scores = Score(WiseBenchmark.ReadVerified([folder.File]), ("Cultural knowledge", ["Score: 1", "Score: 0", null]), ("Biology", ["Score: 1", "??"]));

        // Official: culture 1 of 2 (.40), biology 1 of 1 (.12). Sound: culture 1 of 3, biology 1 of 1.
        scores.Official.Overall!.Value.ShouldBe(((0.4 * 0.5) + 0.12) / 0.52, 1e-12);
        scores.Sound.Overall!.Value.ShouldBe(((0.4 / 3) + 0.12) / 0.52, 1e-12);
    }

    [Fact]
    public void GenEval2_has_no_official_score_when_an_image_is_missing()
    {
        const string Line = """{"prompt":"two cats","atom_count":2,"vqa_list":[["How many cats are in the image?","two"],["Are there any cats in the image?","Yes"]],"skills":["count","object"]}""";
        var benchmark = GenEval2Benchmark.From(new BenchmarkFile("geneval2", Line + "\n" + Line.Replace("two cats", "two big cats", StringComparison.Ordinal)));
        JudgeReply Reply(int atom, string token) => new($"atom {atom}", token) { FirstTokens = [new(token, Math.Log(0.5))] };
        var whole = Of(benchmark.Tasks[0], "two") with { KeptReplies = [Reply(1, "two"), Reply(2, "Yes")] };

        var scores = Scorer.Score(benchmark, benchmark.Tasks, [whole, Of(benchmark.Tasks[1], null)]);

        scores.Official.Overall.ShouldBeNull();
        scores.Official.Note!.ShouldContain("1 missing");
        scores.Sound.Overall!.Value.ShouldBe(0.25, 1e-12, "a missing image counts 0");
    }

    private sealed class TemporaryWise : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("wise").FullName;

        public TemporaryWise()
        {
            File = Path.Combine(_folder, "own.json");
            var entries = Enumerable.Range(1, 5).Select(i => $$"""{"Prompt":"p{{i}}","Explanation":"e","Category":"{{(i <= 3 ? "Cultural knowledge" : "Biology")}}","Subcategory":"s","prompt_id":{{i}}}""");
            System.IO.File.WriteAllText(File, $"[{string.Join(',', entries)}]");
        }

        public string File { get; }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}

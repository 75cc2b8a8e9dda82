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
        new(1, task.Id, 0, "1", task.Prompt, reply is null ? null : "images/x.png", 1, false, 0, [], [], []) { KeptReplies = reply is null
            ? null : [new("q", reply)], Failure = reply is null ? "no image" : null };

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
    public void Imagine_bench_forgets_a_group_officially_and_weighs_all_prompts_soundly()
    {
        static string Marks(int all) => $"Fantasy Fulfillment: {all}\nIdentity Preservation: {all}\nAesthetic Quality: {all}";
        var scores = Score(ImagineBenchmark.Load(), ("COLOR", [Marks(8), "nothing", null]), ("TIME", [Marks(4)]), ("Multi-Object", [Marks(2)]));

        // Official: 3 x (8 - 1) / 2 + 2 x 4, the missing image being left out. Sound: (8 + 0) / 2 with weight 90, 4 and 2 with weight 60.
        scores.Official.Overall!.Value.ShouldBe(((3 * 3.5) + (2 * 4)) / 5, 1e-12);
        scores.Sound.Overall!.Value.ShouldBe(((4 * 90) + (4 * 60) + (2 * 60)) / 210.0, 1e-12);
        scores.Official.Note!.ShouldContain("Multi-Object");
        scores.Sound.Columns.Select(c => c.Name).ShouldBe(["Attribute shift", "Spatiotemporal", "Multi-Object"]);
        scores.Failed.Count.ShouldBe(1);
    }

    [Fact]
    public void Marks_are_means_over_all_images_of_a_prompt()
    {
        static string Marks(int all) => $"Fantasy Fulfillment: {all}\nIdentity Preservation: {all}\nAesthetic Quality: {all}";
        var benchmark = ImagineBenchmark.Load();
        Sample[] samples = [Of(benchmark.Tasks[0], Marks(2)), Of(benchmark.Tasks[0], Marks(6)) with { Index = 1 }, Of(benchmark.Tasks[1], Marks(8))];

        Scorer.Score(benchmark, [.. benchmark.Tasks.Take(2)], samples).Sound.Also["fantasy"].ShouldBe(6);
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
}

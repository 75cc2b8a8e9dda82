using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Published;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Models;
using GenAgent.Running;

namespace GenAgent.Evaluation.Tests.Runs;

public sealed class JudgedRunTests : IDisposable
{
    private const string Yes = """{"correct": true, "reason": "all there"}""";

    private static readonly IBenchmark Benchmark = GenEvalPlusBenchmark.Load();
    private static readonly EvaluationOptions Small = new() { ImagesPerPrompt = 1, PromptsPerCategory = 3, Concurrency = 3, JudgesAttempts = false };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<EvaluationReport> Run(IImageSystem system, StubJudge judge, EvaluationOptions? options = null, CallBudget? budget = null) =>
        new EvaluationRun(Benchmark, system, options ?? Small, new ReplyJudge(judge, Benchmark.Format!, "openai:stub", budget)).RunAsync(_folder.Path);

    [Fact]
    public async Task Replies_are_kept_verbatim_and_the_score_of_other_rules_needs_nobody()
    {
        using var judge = new StubJudge((_, call) => call % 3 == 0 ? "```json\n{\"correct\": false, \"reason\": \"no\"}\n```" : Yes);
        var painter = new StubPainter();
        var report = await Run(painter, judge);

        report.Done.ShouldBe(21);
        report.Scores!.Sound.Overall!.Value.ShouldBe(14 / 21.0, 0.2);
        report.Costs!.JudgeCalls.ShouldBe(21);
        File.ReadAllText(_folder["samples.jsonl"]).ShouldContain("```json");

        var before = File.ReadAllText(_folder["report.json"]);
        var again = await Rescoring.RunAsync(_folder.Path, Benchmark);
        again.Scores!.Official.Overall.ShouldBe(report.Scores.Official.Overall);
        File.ReadAllText(_folder["report.json"]).ShouldBe(before);
        (judge.Calls, painter.Made).ShouldBe((21, 21));
    }

    [Fact]
    public async Task A_judge_that_dies_ends_the_run_and_no_image_is_made_twice()
    {
        var painter = new StubPainter();
        using (var dying = new StubJudge((_, call) => call > 5 ? throw new BackendUnavailableException("down") : Yes))
        {
            (await Should.ThrowAsync<RunStoppedException>(() => Run(painter, dying))).InnerException.ShouldBeOfType<BackendUnavailableException>();
        }

        using var judge = new StubJudge((_, _) => Yes);
        (await Run(painter, judge)).Scores!.Sound.Overall.ShouldBe(1);

        painter.Made.ShouldBe(21);
        judge.Calls.ShouldBeLessThanOrEqualTo(16);
        File.ReadAllLines(_folder["samples.jsonl"]).Length.ShouldBe(21);
    }

    [Fact]
    public async Task A_judge_that_fails_once_is_asked_again_about_the_image_that_was_made()
    {
        var painter = new StubPainter();
        using var judge = new StubJudge((_, call) => call == 3 ? throw new BackendUnavailableException("hiccup") : Yes);

        (await Run(painter, judge)).Done.ShouldBe(21);

        (painter.Made, judge.Calls).ShouldBe((21, 22));
    }

    [Fact]
    public async Task A_folder_of_the_earlier_layout_is_resumed_with_the_same_settings_alone()
    {
        var painter = new StubPainter();
        using var judge = new StubJudge((_, _) => Yes);
        var options = Small with { DecidedBy = new Dictionary<string, string?> { ["Agent:Steps"] = "8" } };
        await Run(painter, judge, options with { MaxImages = 4 });
        File.Delete(_folder["run.json"]);
        File.Delete(Path.Combine(_folder.Path, "made", "run.json"));
        var name = new ReplyJudge(judge, Benchmark.Format!, "openai:stub").Name;
        var before = $$$"""{"benchmark":"{{{Benchmark.Name}}}","variant":"{{{Benchmark.Variant}}}","system":"stub","imagesPerPrompt":1,"seed":1,"promptsPerTag":3,"judge":"{{{name}}}","decidedBy":{"Agent:Steps":"8"}}""";
        File.WriteAllText(_folder["evaluation.json"], before);
        File.WriteAllText(Path.Combine(_folder.Path, "made", "made.json"), before);

        var changed = options with { DecidedBy = new Dictionary<string, string?> { ["Agent:Steps"] = "4" } };
        (await Should.ThrowAsync<ArgumentException>(() => Run(painter, judge, changed))).Message.ShouldContain("Agent:Steps was 8, now 4");
        (await Run(painter, judge, options)).Done.ShouldBe(21);

        painter.Made.ShouldBe(21);
        File.Exists(_folder["run.json"]).ShouldBeTrue();
    }

    [Fact]
    public async Task Budgets_stop_cleanly_are_never_passed_and_the_next_call_goes_on()
    {
        var painter = new StubPainter();
        using var judge = new StubJudge((_, _) => Yes);

        var images = await Run(painter, judge, Small with { MaxImages = 4 });
        (images.StoppedBy, images.Done, painter.Made).ShouldBe(("the images", 4, 4));

        // Three tries are held ready for each question, and given back: only the last two calls are too few.
        var calls = await Run(painter, judge, budget: new CallBudget(7));
        calls.StoppedBy.ShouldBe("the judge calls");
        judge.Calls.ShouldBe(4 + 5);

        (await Run(painter, judge)).StoppedBy.ShouldBeNull();
        (painter.Made, judge.Calls).ShouldBe((21, 21));
    }

    [Fact]
    public async Task A_refusal_and_a_missing_image_are_listed_and_scored_apart()
    {
        using var judge = new StubJudge(
            (question, _) => question.Contains("bus", StringComparison.Ordinal) ? throw new BackendRejectedException("content filter") : Yes);
        var report = await Run(new StubPainter(task => task.Category == "counting"), judge);

        report.Scores!.Missing.Count.ShouldBe(3);
        report.Scores.Failed.ShouldNotBeEmpty();
        report.Scores.Failed.ShouldAllBe(f => f.Why.Contains("content filter"));
        report.Scores.Official.Columns.Single(c => c.Name == "count").Value.ShouldBe(0);
    }

    [Fact]
    public async Task The_tables_have_the_papers_columns_and_others_figures_marked_as_theirs()
    {
        using var judge = new StubJudge((_, _) => Yes);
        await Run(new StubPainter(), judge);

        var csv = File.ReadAllLines(_folder["report.csv"]);
        csv[0].ShouldStartWith(
            "system,score,color,count,color/count,color/pos,pos/count,pos/size,multi-count,overall,low,high,color low,color high,count low,");
        csv[1].Split(',').Length.ShouldBe(csv[0].Split(',').Length);
        csv.ShouldContain(line => line.StartsWith("FLUX.1-dev,published by its authors,0.4,0.6,", StringComparison.Ordinal));
        var latex = File.ReadAllText(_folder["report.tex"]);
        latex.ShouldMatch(@"stub \(sound\) & 1\.000 \{\\scriptsize\[0\.43\d, 1\.000\]\} &");
        latex.ShouldContain("FLUX.1-dev$^\\dagger$ & 0.400");
        File.ReadAllText(_folder["report.html"]).ShouldContain("The judge is not that of the published figures.");
    }

    [Fact]
    public async Task Beside_the_scores_stand_the_judge_its_version_the_questions_hash_the_date_and_the_cost()
    {
        using var judge = new StubJudge((_, _) => Yes);
        var time = new FixedTime(new DateTimeOffset(2026, 11, 30, 9, 0, 0, TimeSpan.Zero));
        var prices = new PriceList("EUR", Judge: new(10, 20), Image: 0.5);
        var run = new EvaluationRun(
            Benchmark, new StubPainter(), Small, new ReplyJudge(judge, Benchmark.Format!, "openai:gpt-4.1-2025-04-14@http://mine:8000/v1"),
            time) { Prices = prices };

        var report = await run.RunAsync(_folder.Path);

        report.Judge.ShouldBe("geneval++/2@openai:gpt-4.1-2025-04-14@http://mine:8000/v1");
        report.JudgeIsOfficial.ShouldBe(true, "whoever serves it, it is the same model");
        report.JudgeVersions.ShouldBe(["stub-1"]);
        report.Questions.ShouldNotBeNull().Length.ShouldBe(12);
        (report.JudgedFrom, report.JudgedTo).ShouldBe((time.GetUtcNow(), time.GetUtcNow()));

        // 21 images at .5, 21 calls of 10 and 5 tokens.
        report.Cost!.Value.ShouldBe(10.5 + (((210 * 10) + (105 * 20)) / 1e6), 1e-9);
        var page = File.ReadAllText(_folder["report.html"]);
        page.ShouldContain("version stub-1");
        page.ShouldContain("on 2026-11-30");
        page.ShouldContain("10.50 EUR");
        File.ReadAllText(_folder["report.json"]).ShouldContain("\"currency\": \"EUR\"");
        (await Rescoring.RunAsync(_folder.Path, Benchmark, prices)).ShouldSatisfyAllConditions(
            again => again.Questions.ShouldBe(report.Questions), again => again.Cost.ShouldBe(report.Cost), again => again.JudgedTo.ShouldBe(report.JudgedTo));
    }

    [Fact]
    public async Task Replies_about_every_image_of_an_agent_are_kept_and_read_again()
    {
        // Of each run's two images the judge calls the first wrong, and cannot judge the first of the very first run.
        using var judge = new StubJudge((_, call) =>
            call is >= 2 and <= 4 ? "I cannot say." : call % 2 == 1 ? Yes : Yes.Replace("true", "false", StringComparison.Ordinal));
        var options = Small with { JudgesAttempts = true, Concurrency = 1 };

        var report = await Run(new StubAgent(), judge, options);

        // The final image is judged first; the reply that cannot be read is asked for three times.
        report.Costs!.JudgeCalls.ShouldBe(judge.Calls);
        var samples = EvaluationFolder.Load(_folder.Path).Samples;
        samples.Count(s => s.Attempts is [{ Failure: not null, Passed: null, KeptReplies.Count: 3 }, { IsFinal: true, KeptReplies: null }]).ShouldBe(1);
        samples.ShouldAllBe(s => s.Attempts[0].KeptReplies!.Count > 0 && s.Attempts[1].Passed == s.Passed);
        report.Agent.ShouldNotBeNull("a failed judgement takes one run out of the figures, not all");

        var again = await Rescoring.RunAsync(_folder.Path, Benchmark);
        again.Agent.ShouldBe(report.Agent);
        EvaluationFolder.Load(_folder.Path).Samples.Select(s => s.Attempts[0].Passed).ShouldBe(samples.Select(s => s.Attempts[0].Passed));
    }

    [Fact]
    public async Task Pairs_with_a_failed_judgement_are_left_out_of_a_comparison()
    {
        using (var judge = new StubJudge((_, call) => call <= 3 ? "nothing" : Yes))
            await new EvaluationRun(Benchmark, new StubPainter(), Small with { Concurrency = 1 }, new ReplyJudge(judge, Benchmark.Format!, "openai:stub"))
                .RunAsync(_folder["a"]);
        using (var judge = new StubJudge((_, call) => call <= 4 ? Yes.Replace("true", "false", StringComparison.Ordinal) : Yes))
            await new EvaluationRun(Benchmark, new StubPainter(), Small with { Concurrency = 1 }, new ReplyJudge(judge, Benchmark.Format!, "openai:stub"))
                .RunAsync(_folder["b"]);

        var comparison = EvaluationComparison.Of(_folder["a"], _folder["b"]);

        // The first of 21 failed in a; of the other 20, b misses three.
        (comparison.Failed, comparison.Prompts, comparison.Images.OnlyFirst, comparison.Images.OnlySecond).ShouldBe((1, 20, 3, 0));
        comparison.Difference.ShouldBe(-3 / 20.0, 1e-12);
        comparison.ValueDifference.ShouldBe(-3 / 20.0, 1e-12);
        comparison.ValueInterval.High.ShouldBeLessThanOrEqualTo(0);
    }

    [Fact]
    public void A_price_list_counts_images_and_tokens()
    {
        var path = _folder["prices.json"];
        File.WriteAllText(path, """{"currency":"EUR","agent":{"input":1,"output":2},"judge":{"input":10,"output":20},"image":0.5}""");
        var report = new EvaluationReport("b", "v", "s", [], [], []) { Done = 10, Costs = new RunCosts(2, 1, 100, 50, 1, 10, 1000, 500, null) };

        // 10 x (2 x 0.5 + (100 x 1 + 50 x 2) / 1e6) + (1000 x 10 + 500 x 20) / 1e6
        PriceList.Read(path).Total(report)!.Value.ShouldBe(10.022, 1e-9);
        File.WriteAllText(path, """{"images":0.5}""");
        Should.Throw<InvalidDataException>(() => PriceList.Read(path)).Message.ShouldContain("prices.json");
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}

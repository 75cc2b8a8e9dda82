using System.Text.Json;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Canvas;
using GenAgent.Micro.Prompts;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Tests.Benchmarks;

public sealed class MiniatureBenchmarkTests : IDisposable
{
    private static readonly EvaluationOptions Small = new() { ImagesPerPrompt = 2, PromptsPerCategory = 3 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static GeneratorSystem Canvas(bool oracle = false, CanvasOptions? options = null) =>
        new("canvas", new CanvasGenerator(options), oracle ? (task, seed) => OracleRewriter.Rewrite(task.Constraints!, seed.Child("oracle")) : null);

    private static EvaluationRun Run(IImageSystem system, EvaluationOptions options, PromptSplit split = PromptSplit.Test) =>
        new(new MiniatureBenchmark(split), system, options);

    private string Folder(string name) => _folder[name];

    private string[] Lines(string name) =>
        [.. File.ReadAllLines(Path.Combine(Folder(name), "samples.jsonl")).Select(WithoutTime).Order(StringComparer.Ordinal)];

    private static string WithoutTime(string line)
    {
        var sample = System.Text.Json.Nodes.JsonNode.Parse(line)!.AsObject();
        sample.Remove("seconds");
        return sample.ToJsonString();
    }

    [Fact]
    public async Task A_faultless_painter_with_oracle_prompts_scores_one_and_without_them_little()
    {
        var faultless = new CanvasOptions { DropRate = 0, MergeRate = 0, RecolorRate = 0 };

        var oracle = await Run(Canvas(oracle: true, faultless), Small).RunAsync(Folder("oracle"));
        var plain = await Run(Canvas(oracle: false, faultless), Small).RunAsync(Folder("plain"));

        oracle.Groups.Count.ShouldBe(13);
        oracle.Groups.ShouldAllBe(g => g.Success == 1 && g.Prompts == 3 && g.Images == 6 && g.Errors.Count == 0);
        MicroReport.Of(oracle).Categories.ShouldNotBeNull().Success.ShouldBe(1);
        var knowledge = MicroReport.Of(oracle).Knowledge.ShouldNotBeNull();
        knowledge.Interval.High.ShouldBe(1);
        knowledge.Interval.Low.ShouldBeLessThan(0.9, "18 prompts prove no certainty");
        MicroReport.Of(plain).Knowledge.ShouldNotBeNull().Success.ShouldBeLessThan(0.3);
        plain.Groups.Sum(g => g.Errors.Values.Sum()).ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task The_report_says_what_the_samples_say()
    {
        var report = await Run(Canvas(oracle: true), Small).RunAsync(Folder("a"));
        var samples = Lines("a").Select(l => JsonDocument.Parse(l).RootElement).ToList();

        samples.Count.ShouldBe(13 * 3 * 2);
        var tag = report.Groups[0];
        var own = samples.Where(s => s.GetProperty("prompt").GetString()!.StartsWith($"test/{tag.Name}/", StringComparison.Ordinal)).ToList();
        tag.Success.ShouldBe(own.Count(s => s.GetProperty("passed").GetBoolean()) / 6.0, 1e-12);
        tag.PassAtK[1].ShouldBe(
            own.GroupBy(s => s.GetProperty("prompt").GetString()).Count(g => g.Any(s => s.GetProperty("passed").GetBoolean())) / 3.0, 1e-12);
        MicroReport.Of(report).Categories!.Success.ShouldBe(report.Groups.Take(7).Average(g => g.Success), 1e-12);
        report.ByDifficulty.Sum(g => g.Images).ShouldBe(samples.Count);
        report.Groups.SelectMany(g => g.Errors).Sum(e => e.Value).ShouldBe(samples.Sum(s => s.GetProperty("errors").GetArrayLength()));
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder("a"), "report.json"))).RootElement
            .GetProperty("categories")
            .GetProperty("success")
            .GetDouble()
            .ShouldBe(MicroReport.Of(report).Categories!.Success);
    }

    [Fact]
    public async Task A_run_that_is_killed_goes_on_and_ends_as_if_it_had_not_been()
    {
        await Run(Canvas(), Small).RunAsync(Folder("whole"));
        using var stop = new CancellationTokenSource();
        var stopping = new StopAfter(20, stop);
        await Should.ThrowAsync<OperationCanceledException>(() => Run(Canvas(), Small).RunAsync(Folder("killed"), stopping, stop.Token));

        // As after a kill in mid-line.
        var samples = Path.Combine(Folder("killed"), "samples.jsonl");
        var written = File.ReadAllBytes(samples);
        File.WriteAllBytes(samples, written[..^7]);
        var before = File.ReadAllLines(samples).Length;

        await Run(Canvas(), Small).RunAsync(Folder("killed"));

        before.ShouldBeInRange(15, 60);
        Lines("killed").ShouldBe(Lines("whole"));
        File.ReadAllText(Path.Combine(Folder("killed"), "report.json")).ShouldBe(File.ReadAllText(Path.Combine(Folder("whole"), "report.json")));
    }

    [Fact]
    public async Task The_number_of_tasks_changes_no_result()
    {
        await Run(Canvas(), Small with { Concurrency = 1 }).RunAsync(Folder("one"));
        await Run(Canvas(), Small with { Concurrency = 8 }).RunAsync(Folder("eight"));

        Lines("eight").ShouldBe(Lines("one"));
    }

    [Fact]
    public async Task Another_evaluation_is_not_mixed_into_a_folder()
    {
        await Run(Canvas(), Small with { PromptsPerCategory = 1 }).RunAsync(Folder("a"));

        (await Should.ThrowAsync<ArgumentException>(() => Run(Canvas(), Small with { PromptsPerCategory = 1, Seed = 2 }).RunAsync(Folder("a"))))
            .Message.ShouldContain("other settings");
    }

    [Fact]
    public async Task A_folder_that_was_begun_with_another_option_or_another_model_is_not_resumed_and_the_change_is_named()
    {
        var begun = Small with { PromptsPerCategory = 1, DecidedBy = new Dictionary<string, string?> { ["Agent:Steps"] = "8", ["models/generator"] = "aa" } };
        await Run(Canvas(), begun).RunAsync(Folder("a"));
        await Run(Canvas(), begun with { Concurrency = 2 }).RunAsync(Folder("a"));

        async Task<string> Refused(string name, string? value)
        {
            var changed = begun with { DecidedBy = new Dictionary<string, string?>(begun.DecidedBy) { [name] = value } };
            return (await Should.ThrowAsync<ArgumentException>(() => Run(Canvas(), changed).RunAsync(Folder("a")))).Message;
        }

        (await Refused("Agent:Steps", "4")).ShouldContain("Agent:Steps was 8, now 4");
        (await Refused("models/generator", "bb")).ShouldContain("models/generator was aa, now bb");
        (await Refused("Agent:MaxRounds", "2")).ShouldContain("Agent:MaxRounds was empty, now 2");
    }

    [Fact]
    public async Task A_folder_of_the_first_layout_is_compared_but_not_resumed()
    {
        var options = Small with { PromptsPerCategory = 1 };
        await Run(Canvas(), options).RunAsync(Folder("new"));
        await Run(Canvas(), options).RunAsync(Folder("old"));
        File.Delete(Path.Combine(Folder("old"), "run.json"));
        File.WriteAllText(
            Path.Combine(Folder("old"), "evaluation.json"),
            """{"system":"canvas","split":"Test","imagesPerPrompt":2,"seed":1,"promptsPerTag":1,"verifier":"micro-verifier/2"}""");

        EvaluationComparison.Of(Folder("old"), Folder("new")).Difference.ShouldBe(0);
        (await Should.ThrowAsync<ArgumentException>(() => Run(Canvas(), options).RunAsync(Folder("old")))).Message.ShouldContain("earlier version");
    }

    [Fact]
    public async Task A_broken_line_is_named_and_not_skipped()
    {
        await Run(Canvas(), Small with { PromptsPerCategory = 1 }).RunAsync(Folder("a"));
        var path = Path.Combine(Folder("a"), "samples.jsonl");
        var lines = File.ReadAllLines(path);
        lines[2] = "{\"schema\":1,";
        File.WriteAllLines(path, lines);

        (await Should.ThrowAsync<InvalidDataException>(() => Run(Canvas(), Small with { PromptsPerCategory = 1 }).RunAsync(Folder("a"))))
            .Message.ShouldContain("line 3");
    }

    [Fact]
    public async Task A_refused_prompt_and_a_broken_image_count_as_failed_and_a_dead_backend_ends_the_run()
    {
        EvaluationOptions one = new() { ImagesPerPrompt = 1, PromptsPerCategory = 1, Categories = ["counting"] };

        var refused = await Run(new Faulty(() => throw new PromptRefusedException("no shapes today")), one).RunAsync(Folder("refused"));
        refused.Groups.ShouldHaveSingleItem().ShouldSatisfyAllConditions(g => g.Failures.ShouldBe(1), g => g.Success.ShouldBe(0));
        File.ReadAllText(Path.Combine(Folder("refused"), "report", "index.js")).ShouldContain("no shapes today");

        var broken = await Run(new Faulty(() => new DataContent(new byte[] { 1 }, "image/png")), one).RunAsync(Folder("broken"));
        broken.Groups.ShouldHaveSingleItem().Failures.ShouldBe(1);

        var dead = await Should.ThrowAsync<RunStoppedException>(
            () => Run(new Faulty(() => throw new BackendUnavailableException("down")), one).RunAsync(Folder("dead")));
        dead.InnerException.ShouldBeOfType<BackendUnavailableException>();
        File.ReadAllText(Path.Combine(Folder("dead"), "samples.jsonl")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_what_is_chosen_is_evaluated_and_wrong_choices_are_named()
    {
        var report = await Run(Canvas(), Small with { Categories = ["knowledge_time"], PromptsPerCategory = 2 }, PromptSplit.Validation).RunAsync(Folder("a"));

        report.Groups.ShouldHaveSingleItem().Images.ShouldBe(4);
        MicroReport.Of(report).Categories.ShouldBeNull();
        (await Should.ThrowAsync<ArgumentException>(() => Run(Canvas(), Small with { Categories = ["colour"] }).RunAsync(Folder("b")))).Message.ShouldContain(
            "\"colour\"");
        await Should.ThrowAsync<ArgumentException>(() => Run(Canvas(), Small with { ImagesPerPrompt = 0 }).RunAsync(Folder("c")));
    }

    [Fact]
    public async Task The_page_names_every_image_by_its_file_with_boxes_and_reasons_and_escapes_what_it_quotes()
    {
        await Run(new GeneratorSystem("<canvas> & co", new CanvasGenerator()), Small with { PromptsPerCategory = 1 }).RunAsync(Folder("a"));

        var html = File.ReadAllText(Path.Combine(Folder("a"), "report.html"));
        html.ShouldContain("&lt;canvas&gt; &amp; co");
        html.ShouldNotContain("<canvas>");
        html.ShouldNotContain("base64");
        var index = File.ReadAllText(Path.Combine(Folder("a"), "report", "index.js"));
        var data = JsonDocument.Parse(index["const data=".Length..]).RootElement;
        data.GetProperty("prompts").GetArrayLength().ShouldBe(13);
        var samples = data.GetProperty("samples").EnumerateArray().ToList();
        samples.Count.ShouldBe(26);
        samples.ShouldAllBe(s => File.Exists(Path.Combine(Folder("a"), s.GetProperty("m").GetString()!)));
        samples.ShouldContain(s => s.GetProperty("v").GetString() == "fail" && s.GetProperty("w").GetString()!.Contains("expected "));
        samples.Where(s => s.TryGetProperty("b", out _)).ShouldNotBeEmpty();
    }

    private sealed class StopAfter(int count, CancellationTokenSource stop) : IProgress<EvaluationProgress>
    {
        private readonly Lock _stopping = new();

        // Who reports meanwhile waits until the others have been told to stop: on a busy machine they would go on.
        public void Report(EvaluationProgress value)
        {
            lock (_stopping)
            {
                if (value.Done >= count)
                    stop.Cancel();
            }
        }
    }

    private sealed class Faulty(Func<DataContent> make) : IImageSystem
    {
        private readonly GeneratorSystem _system = new("faulty", new Generator(make));

        public string Name => _system.Name;

        public Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default) =>
            _system.MakeAsync(task, index, seed, cancellationToken);

        private sealed class Generator(Func<DataContent> make) : IImageGenerator
        {
            public Task<ImageGenerationResponse> GenerateAsync(
                ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
                Task.FromResult(new ImageGenerationResponse([make()]));

            public object? GetService(Type serviceType, object? serviceKey = null) => null;

            public void Dispose()
            {
            }
        }
    }
}

using System.Runtime.CompilerServices;
using GenAgent.Agents;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Canvas;
using GenAgent.Models;
using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Tests.Benchmarks;

public sealed class AgentEvaluationTests : IDisposable
{
    private const string Wrong = "large red circle top-left white background";
    private const string Right = "large red circle top-left large red circle center large red circle bottom-left white background";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Call(string prompt) => $$$"""<tool_call>{"name": "generate_image", "arguments": {"prompt": "{{{prompt}}}"}}</tool_call>""";

    private Task<EvaluationReport> Evaluate(params string[] turns) => EvaluateIn(Path.Combine(_folder.Path, Guid.NewGuid().ToString("N")), store: null, turns);

    private static async Task<EvaluationReport> EvaluateIn(string folder, RunStore? store, params string[] turns)
    {
        using var model = new Script(turns);
        using var agent = new ImageAgent(
            model, new CanvasGenerator(new() { DropRate = 0, MergeRate = 0, RecolorRate = 0 }), new ImageAgentOptions { Width = 96, Height = 96 });
        EvaluationOptions options = new() { ImagesPerPrompt = 1, Categories = ["counting"], PromptsPerCategory = 1, Concurrency = 1 };
        return await new EvaluationRun(new MiniatureBenchmark(), new AgentSystem("script", agent, store), options).RunAsync(folder);
    }

    // The first counting prompt of the test split asks for three circles.
    [Fact]
    public async Task Reflection_is_credited_with_what_it_mends_and_verdicts_are_held_against_the_verifier()
    {
        var report = await Evaluate(
            $"<think>Three circles.</think>{Call(Wrong)}",
            $"<judge>Only one circle.\nverdict: fail</judge><think>All three.</think>{Call(Right)}",
            "<judge>Three circles.\nverdict: pass</judge><answer>Here it is.</answer>");

        report.Groups.ShouldHaveSingleItem().Success.ShouldBe(1);
        report.Agent.ShouldNotBeNull().ShouldSatisfyAllConditions(
            a => a.FirstImageSuccess.ShouldBe(0),
            a => a.ReflectionGain.ShouldBe(1),
            a => a.VerdictAccuracy.ShouldBe(1),
            a => a.Verdicts.ShouldBe(2),
            a => a.MeanImages.ShouldBe(2),
            a => a.FaultyShare.ShouldBe(0),
            a => a.SmallEdits.ShouldBe(0));
    }

    [Fact]
    public async Task A_wrong_verdict_and_a_broken_turn_are_counted_against_the_agent()
    {
        var report = await Evaluate(
            "I would rather talk.",
            $"<think>Three circles.</think>{Call(Wrong)}",
            "<judge>Fine.\nverdict: pass</judge><answer>Here it is.</answer>");

        report.Groups.ShouldHaveSingleItem().Success.ShouldBe(0);
        report.Agent.ShouldNotBeNull().ShouldSatisfyAllConditions(
            a => a.ReflectionGain.ShouldBe(0),
            a => a.VerdictAccuracy.ShouldBeNull("no good image was ever judged"),
            a => a.VerdictAccuracyInterval.ShouldBeNull(),
            a => a.FaultyShare.ShouldBe(1),
            a => a.FaultyShareInterval.High.ShouldBe(1, 1e-9),
            a => a.FaultyShareInterval.Low.ShouldBeLessThan(0.5, "one run says little"));
    }

    [Fact]
    public async Task A_run_without_an_image_counts_as_failed()
    {
        var report = await Evaluate("<think>I will not.</think><answer>No.</answer>");

        report.Groups.ShouldHaveSingleItem().ShouldSatisfyAllConditions(g => g.Success.ShouldBe(0), g => g.Failures.ShouldBe(1));
    }

    [Fact]
    public async Task A_run_that_was_kept_before_the_kill_is_not_made_again_and_counts_as_it_did()
    {
        string[] turns =
        [
            $"<think>Three circles.</think>{Call(Wrong)}",
            $"<judge>Only one circle.\nverdict: fail</judge><think>All three.</think>{Call(Right)}",
            "<judge>Three circles.\nverdict: pass</judge><answer>Here it is.</answer>",
        ];
        var (folder, trajectories) = (_folder["killed"], Path.Combine(_folder.Path, "killed", "trajectories"));
        EvaluationReport whole;
        await using (var store = await RunStore.OpenAsync(trajectories))
        {
            whole = await EvaluateIn(folder, store, turns);
        }

        // As after a kill between the trajectory's line and the sample's.
        var line = File.ReadAllText(Path.Combine(folder, "samples.jsonl"));
        File.WriteAllText(Path.Combine(folder, "samples.jsonl"), string.Empty);
        EvaluationReport resumed;
        await using (var store = await RunStore.OpenAsync(trajectories))
        {
            resumed = await EvaluateIn(folder, store);
        }

        File.ReadAllLines(Path.Combine(trajectories, TrajectoryFolder.FileName)).Length.ShouldBe(1);
        WithoutTime(File.ReadAllText(Path.Combine(folder, "samples.jsonl"))).ShouldBe(WithoutTime(line));
        resumed.Agent.ShouldBe(whole.Agent);

        static string WithoutTime(string sample) => System.Text.RegularExpressions.Regex.Replace(sample, "\"seconds\":[^,]*,", string.Empty);
    }

    [Fact]
    public async Task What_the_generator_failed_of_is_the_cause_of_the_failure()
    {
        using var model = new Script([.. Enumerable.Repeat($"<think>One.</think>{Call(Right)}", 5)]);
        var refused = new BackendAuthenticationException("The server does not know this key.");
        using var agent = new ImageAgent(model, new Refusing(refused), new ImageAgentOptions { Width = 96, Height = 96 });
        var task = new MiniatureBenchmark().Tasks[0];

        var failure = await Should.ThrowAsync<BackendUnavailableException>(
            () => new AgentSystem("script", agent).MakeAsync(task, 0, SeedPath.FromRoot(1), TestContext.Current.CancellationToken));

        failure.InnerException.ShouldBe(refused, "a worker whose key is refused gives its tasks back");
    }

    [Theory]
    [InlineData("a red circle", "a red circle", 0)]
    [InlineData("a red circle", "a blue circle", 1)]
    [InlineData("a red circle", "two large blue circles on white", 6)]
    [InlineData("", "one two", 2)]
    public void Follow_up_prompts_are_compared_by_words(string first, string second, int distance) =>
        WordDistance.Of(first, second).ShouldBe(distance);

    private sealed class Refusing(Exception failure) : IImageGenerator
    {
        public Task<ImageGenerationResponse> GenerateAsync(
            ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) => throw failure;

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    private sealed class Script(string[] turns) : IChatClient
    {
        private int _next;

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, turns[_next++])));

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
                yield return update;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}

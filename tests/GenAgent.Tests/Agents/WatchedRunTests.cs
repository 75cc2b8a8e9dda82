using System.Text;
using GenAgent.Agents;
using GenAgent.Protocol;
using GenAgent.Seeds;
using GenAgent.Tests.Trajectories;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Tests.Agents;

/// <summary>Whoever watches a run changes nothing of it: what is kept of a watched run and of an unwatched one is the same to the byte.</summary>
public sealed class WatchedRunTests
{
    public static TheoryData<string> Scenarios =>
        ["two rounds", "a broken turn", "an endless turn", "counted tokens", "a content filter", "a turn that was cut off", "native calls", "reasoning",
            "a model that fails"];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_watched_and_an_unwatched_run_leave_the_same_trajectory(string scenario) =>
        (await RunAsync(scenario, watched: true)).ShouldBe(await RunAsync(scenario, watched: false));

    private static async Task<string> RunAsync(string scenario, bool watched)
    {
        var (model, options) = Scenario(scenario);
        var agent = new ImageAgent(
            model,
            new SeededGenerator(),
            options with { Seed = 4, Faults = new() { BrokenTurns = 1, RefusedPrompts = 1 } },
            timeProvider: new FakeTimeProvider());
        var request = new AgentRequest("two red circles") { Id = "run", Seed = SeedPath.FromRoot(4) };
        Trajectory trajectory;
        try
        {
            trajectory = watched
                ? (await agent.RunStreamingAsync(request, TestContext.Current.CancellationToken).OfType<RunCompletedEvent>().SingleAsync()).Result.Trajectory
                : (await agent.RunAsync(request, TestContext.Current.CancellationToken)).Trajectory;
        }
        catch (NoImageException e)
        {
            trajectory = e.Trajectory;
        }

        return Encoding.UTF8.GetString(TrajectoryJson.Write(trajectory).Span);
    }

    private static (ScriptedModel Model, ImageAgentOptions Options) Scenario(string name)
    {
        static void Trace(ChatResponse response, ScriptedModel.Request request) => response.WithTokenTrace(SampleRuns.Trace);
        string[] turns = [Turns.Call("a circle"), Turns.Again("two circles"), Turns.Answer("image 2")];
        return name switch
        {
            "two rounds" => (new(turns) { Decorate = Trace }, new() { CandidatesPerRound = 2 }),
            "a broken turn" => (new("<think>never closed", turns[0], Turns.Answer()) { Decorate = Trace }, new()),
            "an endless turn" =>
                (
                    new(turns[0], new string('x', 5000)) { Decorate = Trace, Usage = new() { InputTokenCount = 7, OutputTokenCount = 9 } },
                    new() { MaxTurnCharacters = 400 }),
            "counted tokens" => (new(turns) { Usage = new() { InputTokenCount = 7, OutputTokenCount = 9 } }, new() { MaxTokens = 40 }),
            "a content filter" => (new(turns) { FinishReason = ChatFinishReason.ContentFilter }, new()),
            "a turn that was cut off" => (new("<think>and so") { FinishReason = ChatFinishReason.Length }, new()),
            "native calls" =>
                (new(_ => NativeCall("a circle"), _ => new ChatMessage(ChatRole.Assistant, Turns.Answer())), new() { CallStyle = CallStyle.Native }),
            "reasoning" =>
                (
                    new(
                        _ => new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("I think."), new TextContent(turns[0])]),
                        _ => new ChatMessage(ChatRole.Assistant, Turns.Answer())),
                    new()),
            _ => (new(request => request.Index == 0 ? new ChatMessage(ChatRole.Assistant, turns[0]) : throw new InvalidOperationException("gone")), new()),
        };
    }

    private static ChatMessage NativeCall(string prompt) =>
        new(
            ChatRole.Assistant,
            [
                new TextContent("<think>a plan</think>"),
                new FunctionCallContent("call-1", "generate_image", new Dictionary<string, object?> { ["prompt"] = prompt })
            ]);
}

using GenAgent.Agents;
using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Agents;

public sealed class NativeCallTests
{
    private static readonly ImageAgentOptions Native = new() { Dialect = "native" };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_native_call_is_answered_as_one_and_its_image_still_comes_in_a_user_turn(bool watched)
    {
        var model = new ScriptedModel(
            _ => new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("Plan."), new TextContent("I paint."), Call("c1", "a circle")]),
            _ => new ChatMessage(ChatRole.Assistant, "<judge>Good.\nverdict: pass</judge>\nDone now.\n<answer>image 1</answer>"));
        var agent = new ImageAgent(model, new SeededGenerator(), Native);
        var result = watched ? (await agent.RunStreamingAsync("p").OfType<RunCompletedEvent>().SingleAsync()).Result : await agent.RunAsync("p");

        result.StopReason.ShouldBe(StopReason.Answered);
        result.Trajectory.Rounds[0].Thought.ShouldBe("Plan.I paint.");
        result.Trajectory.Rounds[0].Call!.Id.ShouldBe("c1");
        result.Attempts.Single().Verdict.ShouldBe(Verdict.Pass);

        var first = model.Requests[0];
        first.Options.Tools!.Single().Name.ShouldBe("generate_image");
        first.Options.AllowMultipleToolCalls.ShouldBe(false);
        first.Options.ResponseFormat.ShouldBeNull("with a schema llama.cpp calls no tool");
        first.Messages[0].Text.ShouldNotContain("<tools>");
        var second = model.Requests[1].Messages;
        second[^2].Role.ShouldBe(ChatRole.Tool);
        second[^2].Contents.OfType<FunctionResultContent>().Single().CallId.ShouldBe("c1");
        model.Requests[1].LastText.ShouldBe("<tool_response>\n[image]\n</tool_response>");
    }

    [Fact]
    public async Task Calls_that_cannot_be_made_each_get_their_error_since_backends_refuse_a_call_without_a_result()
    {
        var model = new ScriptedModel(
            _ => new ChatMessage(ChatRole.Assistant, [Call("c1", "a"), Call("c2", "b")]),
            _ => new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("c3", "generate_image", null) { Exception = new FormatException("cut short") }]),
            _ => new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("c4", "generate_image", null)]),
            _ => new ChatMessage(ChatRole.Assistant, [Call("c5", "fine")]),
            _ => new ChatMessage(ChatRole.Assistant, "<answer>image 1</answer>"));
        var result = await new ImageAgent(model, new SeededGenerator(), Native).RunAsync("p");

        result.Trajectory.Faults.Select(fault => fault.Kind).ShouldBe([FaultKind.BrokenTurn, FaultKind.BrokenTurn, FaultKind.BadArguments]);
        var results = model.Requests[^1].Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().ToArray();
        results.Select(one => one.CallId).ShouldBe(["c1", "c2", "c3", "c4", "c5"]);
        results[2].Result!.ToString()!.ShouldContain("cut short");
        model.Requests[1].Messages[^1].Role.ShouldBe(ChatRole.Tool);
    }

    [Fact]
    public async Task Text_without_call_or_answer_is_asked_again_in_a_user_turn()
    {
        var model = new ScriptedModel(
            "I will think about it.", "<tool_call>{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"x\"}}</tool_call>", "<answer>1</answer>");
        var result = await new ImageAgent(model, new SeededGenerator(), Native).RunAsync("p");

        result.StopReason.ShouldBe(StopReason.Answered);
        model.Requests[1].LastText.ShouldContain("error: The turn has neither");
        model.Requests[1].Messages[^1].Role.ShouldBe(ChatRole.User);
    }

    private static FunctionCallContent Call(string id, string prompt) =>
        new(id, "generate_image", new Dictionary<string, object?>(StringComparer.Ordinal) { ["prompt"] = prompt });
}

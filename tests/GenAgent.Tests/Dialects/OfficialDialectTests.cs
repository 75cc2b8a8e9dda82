using System.Text.Json.Nodes;
using GenAgent.Agents;
using GenAgent.Protocol;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Tests.Dialects;

/// <summary>Over real sockets, what an agent sends to the authors' model and servers is what their own program sends.</summary>
public sealed class OfficialDialectTests
{
    private const string Prompt = "three red cubes";
    private const string FirstCall = "<think>Three of them.</think>\n<tool_call>\n{\"name\": \"image_generation_tool\", \"arguments\": {\"caption\": \"three "
        + "red cubes in a row\"}}\n</tool_call>";
    private const string Stopped = "<think>Three of them.</think>\n<tool_call>\n{\"name\": \"image_generation_tool\", \"arguments\": {\"caption\": \"three "
        + "red cubes in a row\"}}\n";
    private const string Again = "<judge>One is blue.</judge>\n<think>Red, all of them.</think>\n<tool_call>\n{\"name\": \"image_generation_tool\", "
        + "\"arguments\": {\"caption\": \"three cubes, all red\"}}\n</tool_call>";
    private const string Done = "<judge>All red.</judge>\n<answer>done</answer>";
    private const string Edit = "<think>Nearly.</think>\n<judge>One is blue.</judge>\n<tool_call>\n{\"name\": \"image_editing_tool\", \"arguments\": "
        + "{\"instruction\": \"make it red\"}}\n</tool_call>";
    private const string DoneV2 = "<think>Good.</think>\n<judge>All red.</judge>\n<answer>done</answer>";

    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task V1_sends_what_the_authors_first_release_sends()
    {
        await using var stub = await OfficialStub.StartAsync([FirstCall, Done]);
        using var agent = stub.Agent("fengyao123/genagent/v1");

        var result = await agent.RunAsync(Prompt, None);

        var system = (string)stub.Chats[0]["messages"]![0]!["content"]!;
        OfficialStub.Messages(stub.Chats[0]).ShouldBe($"system: {system}\nuser: [Prompt: three red cubes]");

        // The closing tag, which the stop string took away, stands behind the stripped text.
        OfficialStub.Messages(stub.Chats[1]).ShouldBe(
            $"system: {system}\nuser: [Prompt: three red cubes]\nassistant: {Stopped.Trim()}</tool_call>\nuser: [<tool_response> | IMAGE | </tool_response>]");
        foreach (var chat in stub.Chats)
        {
            ((double)chat["temperature"]!).ShouldBe(0);
            Stops(chat).ShouldBe("</tool_call>");
            chat["tools"].ShouldBeNull();
            chat["enable_thinking"].ShouldBeNull();
        }

        system.ShouldContain("<tools>\n{\"type\": \"function\", \"function\": {\"name\": \"image_generation_tool\"");
        system.ShouldContain("\"required\": [\"caption\"]");
        system.ShouldNotContain("image_editing_tool");
        stub.Images.Single().ToJsonString().ShouldBe("""{"prompt":["three red cubes in a row"],"height":512,"width":512}""");
        stub.Edits.ShouldBeEmpty();
        result.StopReason.ShouldBe(StopReason.Answered);
        (result.Best!.Number, result.Best.Verdict, result.Trajectory.Dialect).ShouldBe((1, Verdict.Pass, "genagent-v1"));
    }

    [Fact]
    public async Task V1_ends_after_the_second_image_which_is_not_judged_and_is_the_result()
    {
        await using var stub = await OfficialStub.StartAsync([FirstCall, Again]);
        using var agent = stub.Agent("fengyao123/genagent/v1");

        var result = await agent.RunAsync(Prompt, None);

        stub.Chats.Count.ShouldBe(2);
        result.StopReason.ShouldBe(StopReason.RoundLimit);
        result.Attempts.Select(attempt => attempt.Verdict).ShouldBe([Verdict.Fail, null]);
        result.Best.ShouldBe(result.Attempts[1]);
        result.Best!.Prompt.ShouldBe("three cubes, all red");
    }

    [Fact]
    public async Task V1_starts_over_after_a_failed_try_and_then_gives_the_generator_the_users_own_prompt()
    {
        await using var stub = await OfficialStub.StartAsync(
            ["nothing but words", FirstCall, "<judge>Broken", "<think>x</think><tool_call>{\"name\": \"other\", \"arguments\": {}}"]);
        using var agent = stub.Agent("fengyao123/genagent/v1");

        var result = await agent.RunAsync(Prompt, None);

        var opening = OfficialStub.Messages(stub.Chats[0]);
        stub.Chats.Select(OfficialStub.Messages).Where(messages => messages == opening).Count().ShouldBe(3);
        stub.Images.Select(image => (string)image["prompt"]![0]!).ShouldBe(["three red cubes in a row", Prompt]);
        result.StopReason.ShouldBe(StopReason.UnknownTools);
        result.Best!.Prompt.ShouldBe(Prompt);
        result.Trajectory.Rounds.Select(round => round.StartsOver).ShouldBe([true, false, true, false, false]);
        result.Trajectory.Rounds[^1].IsFallback.ShouldBeTrue();
        result.Trajectory.Conversation.Single().Call!.Name.ShouldBe("other");
    }

    [Fact]
    public async Task V1_starts_over_when_the_image_server_fails()
    {
        await using var stub = await OfficialStub.StartAsync([FirstCall, FirstCall, Done], failures: 1);
        using var agent = stub.Agent("fengyao123/genagent/v1");

        var result = await agent.RunAsync(Prompt, None);

        result.StopReason.ShouldBe(StopReason.Answered);
        result.Trajectory.Faults.Single().Message.ShouldContain("CUDA out of memory");
        OfficialStub.Messages(stub.Chats[1]).ShouldBe(OfficialStub.Messages(stub.Chats[0]));
    }

    [Fact]
    public async Task V2_sends_what_the_authors_second_release_sends()
    {
        await using var stub = await OfficialStub.StartAsync([FirstCall, Edit, DoneV2]);
        using var agent = stub.Agent("genagent-v2", new ImageAgentOptions { EnableThinking = true });

        var result = await agent.RunAsync(Prompt, None);

        var system = (string)stub.Chats[0]["messages"]![0]!["content"]!;
        var beginning = $"system: {system}\nuser: Prompt: three red cubes";
        OfficialStub.Messages(stub.Chats[0]).ShouldBe(beginning);

        // The history holds what the server returned, without the closing tag.
        var second = $"{beginning}\nassistant: {Stopped}\nuser: [<tool_response> | IMAGE | </tool_response>]";
        OfficialStub.Messages(stub.Chats[1]).ShouldBe(second);
        OfficialStub.Messages(stub.Chats[2]).ShouldBe(
            $"{second}\nassistant: {Edit[..^"</tool_call>".Length]}\nuser: [<tool_response> | IMAGE | </tool_response>]");
        stub.Chats.ShouldAllBe(chat => (bool)chat["enable_thinking"]! && Stops(chat) == "</tool_call>");

        system.ShouldContain("<tools>\n[{\"type\": \"function\", \"function\": {\"name\": \"image_generation_tool\"");
        system.ShouldContain("{\"name\": \"image_editing_tool\"");
        stub.Images.Single().ToJsonString().ShouldBe("""{"prompt":["three red cubes in a row"],"height":1024,"width":1024}""");
        var edit = stub.Edits.Single();
        (edit["prompt"]!.ToJsonString(), (int)edit["height"]!, (int)edit["width"]!).ShouldBe(("""["make it red"]""", 1024, 1024));
        Convert.FromBase64String((string)edit["image"]!.AsArray().Single()!).ShouldBe(result.Attempts[0].Image.Data.ToArray());
        (result.StopReason, result.Best!.Number).ShouldBe((StopReason.Answered, 2));
        result.Trajectory.Rounds[1].Generation!.Edited.ShouldBe(result.Attempts[0].Reference.Id);
        result.Trajectory.Rounds[1].Text.ShouldBe(Edit);
    }

    [Fact]
    public async Task V2_ends_after_the_third_image()
    {
        await using var stub = await OfficialStub.StartAsync([FirstCall, Edit, Edit]);
        using var agent = stub.Agent("genagent-v2", new ImageAgentOptions { Width = 64, Height = 64 });

        var result = await agent.RunAsync(Prompt, None);

        (result.StopReason, result.Attempts.Count, result.Best!.Number).ShouldBe((StopReason.RoundLimit, 3, 3));
    }

    [Theory]
    [InlineData("fengyao123/genagent/v1", FirstCall, Again)]
    [InlineData("genagent-v2", FirstCall, Edit, DoneV2)]
    public async Task A_run_that_is_watched_sends_the_same_messages_and_records_the_same_turns(string model, params string[] turns)
    {
        await using var stub = await OfficialStub.StartAsync([.. turns, .. turns]);
        using var agent = stub.Agent(model, new ImageAgentOptions { Width = 64, Height = 64 });

        var plain = await agent.RunAsync(Prompt, None);
        var events = await agent.RunStreamingAsync(Prompt, None).ToListAsync(None);

        var watched = events.OfType<RunCompletedEvent>().Single().Result;
        watched.Trajectory.Rounds.Select(round => (round.Text, round.Call, round.Judgment))
            .ShouldBe(plain.Trajectory.Rounds.Select(round => (round.Text, round.Call, round.Judgment)));
        watched.Attempts.Select(attempt => attempt.Reference.Id).ShouldBe(plain.Attempts.Select(attempt => attempt.Reference.Id));
        var sent = stub.Chats.Select(OfficialStub.Messages).ToList();
        sent[(sent.Count / 2)..].ShouldBe(sent[..(sent.Count / 2)]);
    }

    [Fact]
    public async Task A_run_is_told_for_fine_tuning_in_the_very_texts_that_were_sent()
    {
        await using var stub = await OfficialStub.StartAsync([FirstCall, Done]);
        using var agent = stub.Agent("fengyao123/genagent/v1");
        var plain = await agent.RunAsync(Prompt, None);

        plain.Trajectory.Rounds[0].Text.ShouldBe(Stopped.Trim() + "</tool_call>");
        var told = ShareGptWriter.Write(plain.Trajectory);
        told.Conversations.Select(turn => turn.Value)
            .ShouldBe(["Prompt: three red cubes", Stopped.Trim() + "</tool_call>", "<tool_response><image></tool_response>", Done]);
    }

    private static string Stops(JsonNode chat) => (string)(chat["stop"] is JsonArray { Count: 1 } stops ? stops[0] : chat["stop"])!;
}

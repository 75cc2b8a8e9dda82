using GenAgent.Server.Gateway;
using GenAgent.Trajectories;
using static GenAgent.Server.Tests.Gateway.RunningGateway;

namespace GenAgent.Server.Tests.Gateway;

/// <summary>A later call of a conversation begins with the earlier one's ids, or begins a branch of its own; nothing is trained on twice.</summary>
public sealed class BranchTests
{
    [Fact]
    public async Task A_conversation_that_forks_becomes_two_trajectories_and_what_they_share_is_sampled_in_the_first_alone()
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Reply = messages => $"turn {messages.Count} {messages[^1]!["content"]}";
        await using var gateway = await StartAsync(stub.Uri);
        List<object> shared = [Text("user", "Paint.")];
        shared.Add(Text("assistant", await gateway.CallAsync("r", shared)));
        var left = await gateway.CallAsync("r", [.. shared, Text("user", "left")]);
        var right = await gateway.CallAsync("r", [.. shared, Text("user", "right")]);

        await gateway.EndAsync("r", new { value = 1 });

        var (one, other) = await gateway.TrajectoriesAsync() is [var a, var b] ? (a, b) : default;
        (one.Id, other.Id).ShouldBe(("r~0", "r~0~1"));
        one.Rounds.Select(round => round.Text).ShouldBe(["turn 1 Paint.", left]);
        other.Rounds.Select(round => round.Text).ShouldBe(["turn 1 Paint.", right]);
        Sampled(one).ShouldBe(["turn 1 Paint.", left]);
        Sampled(other).ShouldBe([right]);
        var shareds = one.Trace!.Turns[0].Start + one.Trace.Turns[0].Count;
        other.Trace!.Ids.Take(shareds).ShouldBe(one.Trace.Ids.Take(shareds));
        other.Trace.LogProbs.Take(shareds).ShouldAllBe(value => value == 0);
        other.Rewards!["total"].ShouldBe(1);
        other.Labels.ShouldBeNull();
    }

    [Fact]
    public async Task Ids_that_do_not_go_on_where_the_messages_do_begin_a_branch_that_says_where_they_differ()
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Fault = messages => messages.Count == 3 ? StubFault.OtherIds : StubFault.None;
        await using var gateway = await StartAsync(stub.Uri);
        List<object> messages = [Text("user", "Paint.")];
        messages.AddRange([Text("assistant", await gateway.CallAsync("r", messages)), Text("user", "x")]);
        await gateway.CallAsync("r", messages);

        (await gateway.GetAsync("/rollout/r/attempt/0"))["faults"]!.AsArray().ShouldHaveSingleItem()!.GetValue<string>()
            .ShouldContain("the messages go on from call 1, but the ids do not: they differ at place");
        await gateway.EndAsync("r", new { value = 1 });

        var (one, other) = await gateway.TrajectoriesAsync() is [var a, var b] ? (a, b) : default;
        Sampled(one).ShouldBe(["reply to 1 messages"]);
        Sampled(other).ShouldBe(["reply to 3 messages"]);
        other.Rounds.Select(round => round.Text).ShouldBe(["reply to 1 messages", "reply to 3 messages"]);
        other.Labels![RecordedTrajectories.FaultLabel].ShouldContain("call 1");
        other.Excluded.ShouldBeNull("its own ids are whole");
    }

    [Fact]
    public async Task An_answer_that_the_caller_rewrote_goes_on_by_its_ids_if_they_still_do()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);
        var first = await gateway.CallAsync("r", [Text("user", "Paint.")]);

        // The same text in two parts: other messages, the same ids.
        await gateway.CallAsync("r", [Text("user", "Paint."), new
        {
            role = "assistant", content = new object[] { new { type = "text", text = first[..3] }, new { type = "text", text = first[3..] } },
        }, Text("user", "more")]);
        await gateway.EndAsync("r");

        var trajectory = (await gateway.TrajectoriesAsync()).ShouldHaveSingleItem();
        trajectory.Trace!.Turns.Count.ShouldBe(2);
        trajectory.Rounds.Count.ShouldBe(2);
        trajectory.Rounds[0].ToolText.ShouldBe("more");
    }

    [Fact]
    public async Task A_request_that_is_sent_again_counts_once_by_its_last_answer()
    {
        await using var stub = await StubChatServer.StartAsync();
        var calls = 0;
        stub.Reply = _ => $"answer {Interlocked.Increment(ref calls)}";
        await using var gateway = await StartAsync(stub.Uri);
        await gateway.CallAsync("r", [Text("user", "Paint.")]);
        var again = await gateway.CallAsync("r", [Text("user", "Paint.")]);
        await gateway.CallAsync("r", [Text("user", "Paint."), Text("assistant", again), Text("user", "more")]);
        await gateway.CallAsync("r", [Text("user", "Paint.")]);

        await gateway.EndAsync("r");

        var trajectory = (await gateway.TrajectoriesAsync()).ShouldHaveSingleItem();
        trajectory.Rounds.Select(round => round.Text).ShouldBe(["answer 2", "answer 3"]);
    }

    [Fact]
    public async Task An_upstream_without_ids_is_recorded_as_a_conversation_that_cannot_be_trained_on_token_by_token()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync($"{stub.Uri}?without=return_token_ids,logprobs");
        List<object> messages = [Text("user", "Paint.")];
        messages.AddRange([Text("assistant", await gateway.CallAsync("r", messages)), Text("user", "more")]);
        await gateway.CallAsync("r", messages);
        await gateway.CallAsync("r", [Text("user", "Something else.")]);
        await gateway.EndAsync("r", new { value = 1 });

        stub.Requests.ShouldAllBe(request => !request.Body.ContainsKey("return_token_ids") && !request.Body.ContainsKey("logprobs"));
        var (one, other) = await gateway.TrajectoriesAsync() is [var a, var b] ? (a, b) : default;
        one.Rounds.Select(round => round.Text).ShouldBe(["reply to 1 messages", "reply to 3 messages"]);
        one.Rounds[0].ToolText.ShouldBe("more");
        other.Opening.ShouldBe("Something else.");
        (one.Trace, other.Trace, one.Excluded).ShouldBe((null, null, null));
    }

    private static IEnumerable<string> Sampled(Trajectory trajectory) =>
        trajectory.Trace!.Turns.Select(turn => StubChatServer.Decode(trajectory.Trace.Ids.Skip(turn.Start).Take(turn.Count)));
}

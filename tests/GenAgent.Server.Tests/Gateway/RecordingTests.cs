using System.ClientModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Trajectories;
using OpenAI;
using OpenAI.Chat;
using SkiaSharp;
using static GenAgent.Server.Tests.Gateway.RunningGateway;

namespace GenAgent.Server.Tests.Gateway;

/// <summary>What an agent of any kind calls its model for is recorded token by token, with images and rewards.</summary>
public sealed class RecordingTests
{
    private static byte[] Picture1 { get; } = TestImages.Encode(8, 6, SKColors.Teal);

    private static byte[] Picture2 { get; } = TestImages.Encode(5, 7, SKColors.Red, SKEncodedImageFormat.Jpeg);

    [Fact]
    public async Task A_conversation_with_images_becomes_a_trajectory_with_the_very_ids_log_probabilities_and_images()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);
        await gateway.PostAsync("/api/upstream/version", new { version = "step-7" });
        await gateway.PostAsync(
            "/rollout/r1/attempt/0", new { prompt = "a teal square", promptId = "p3", category = "colours", sample = 2, generator = "flux" });
        List<object> messages = [Text("system", "You paint."), Text("user", "Paint.")];
        List<string> said = [];
        foreach (var picture in new[] { Picture1, Picture2, null })
        {
            said.Add(await gateway.CallAsync("r1", messages));
            messages.AddRange([Text("assistant", said[^1]), .. picture is null ? [] : (object[])[Picture(picture)]]);
        }

        await gateway.EndAsync("r1", new { rewards = new { final = 0.7, format = -0.2 } });

        var trajectory = (await gateway.TrajectoriesAsync()).ShouldHaveSingleItem();
        trajectory.Id.ShouldBe("r1~0");
        (trajectory.Prompt, trajectory.Instructions, trajectory.Opening).ShouldBe(("a teal square", "You paint.", "Paint."));
        trajectory.Task.ShouldBe(new TrajectoryTask { Key = "r1~0", PromptId = "p3", Category = "colours", Sample = 2 });
        (trajectory.Model.Name, trajectory.Model.Version, trajectory.Generator.Name).ShouldBe(("stub-vl", "step-7", "flux"));
        trajectory.Rounds.Select(round => round.Text).ShouldBe(said);
        trajectory.Rewards!["total"].ShouldBe(0.5, 1e-12);
        trajectory.Excluded.ShouldBeNull();

        // The conversation as the stub renders it, with the last answer and its end.
        var rendered = StubChatServer.Render(JsonNode.Parse(JsonSerializer.Serialize(messages.SkipLast(1)))!.AsArray());
        var trace = trajectory.Trace.ShouldNotBeNull();
        trace.Ids.ShouldBe([.. rendered, .. StubChatServer.Encode(said[^1]), StubChatServer.TurnEnd]);
        trace.Ids.Count(id => id == StubChatServer.Pad).ShouldBe(2 * StubChatServer.PadsAnImage);
        trace.Turns.Count.ShouldBe(3);
        foreach (var (turn, text) in trace.Turns.Zip(said))
        {
            StubChatServer.Decode(trace.Ids.Skip(turn.Start).Take(turn.Count)).ShouldBe(text);
            trace.LogProbs.Skip(turn.Start).Take(turn.Count).ShouldBe(Enumerable.Range(0, turn.Count).Select(StubChatServer.LogProb));
            (turn.PolicyVersion, turn.Sampling!.Temperature, turn.Sampling.Seed).ShouldBe(("step-7", 1.0, 5));
        }

        trace.Sampled.Count(one => one).ShouldBe(trace.Turns.Sum(turn => turn.Count));
        trajectory.Rounds.SelectMany(round => round.ShownImages).Select(image => (image.Width, image.Height, image.MediaType))
            .ShouldBe([(8, 6, "image/png"), (5, 7, "image/jpeg")]);
        foreach (var (image, sent) in trajectory.AllImages.Zip([Picture1, Picture2]))
        {
            (await gateway.Client.GetByteArrayAsync($"/api/images/{image.Id}")).ShouldBe(sent);
        }
    }

    [Fact]
    public async Task A_streamed_answer_is_recorded_as_a_whole_one_and_shows_the_caller_nothing_that_it_did_not_ask_for()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);
        object[] messages = [Text("user", "Paint.")];

        var events = await gateway.StreamAsync("streamed", messages);
        var whole = await gateway.CallAsync("whole", messages);
        await gateway.EndAsync("streamed");
        await gateway.EndAsync("whole");

        events[^1].ShouldBe("[DONE]");
        var chunks = events.SkipLast(1).Select(one => JsonNode.Parse(one)!).ToList();
        string.Concat(chunks.Select(chunk => chunk["choices"]!.AsArray().FirstOrDefault()?["delta"]?["content"]?.GetValue<string>())).ShouldBe(whole);
        chunks.Count.ShouldBeGreaterThan(10);
        events.ShouldAllBe(one => !one.Contains("token_ids", StringComparison.Ordinal) && !one.Contains("\"logprob\"", StringComparison.Ordinal));
        var (first, second) = (await gateway.TrajectoriesAsync()) switch { [var one, var other] => (one.Trace!, other.Trace!), _ => default };
        first.Ids.ShouldBe(second.Ids);
        first.LogProbs.ShouldBe(second.LogProbs);
        first.Sampled.ShouldBe(second.Sampled);
    }

    [Fact]
    public async Task An_upstream_that_knows_no_streams_reaches_the_caller_as_a_stream_of_one_piece()
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Fault = _ => StubFault.NoStreams;
        await using var gateway = await StartAsync(stub.Uri);

        var events = await gateway.StreamAsync("r", [Text("user", "Paint.")]);

        events.Count.ShouldBe(2);
        JsonNode.Parse(events[0])!["choices"]![0]!["delta"]!["content"]!.GetValue<string>().ShouldBe("reply to 1 messages");
        (await gateway.GetAsync("/rollout/r/attempt/0"))["calls"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task The_official_client_is_an_agent_as_it_is()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);
        var client = new ChatClient("any", new ApiKeyCredential("callers-own"), new OpenAIClientOptions
        {
            Endpoint = new($"{gateway.Client.BaseAddress}proxy/rollout/r-9/attempt/0/mode/train/openai/v1"),
        });

        ChatCompletion answer = await client.CompleteChatAsync(
            [new SystemChatMessage("You paint."), new UserChatMessage(ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(Picture1), "image/png"))],
            cancellationToken: TestContext.Current.CancellationToken);

        answer.Content[0].Text.ShouldBe("reply to 2 messages");
        await gateway.PostAsync("/api/rollouts/r-9/attempt/0/events", new { event_type = "agent_output", data = new { steps = 1 } });
        var echoed = await gateway.PostAsync("/api/rollouts/r-9/attempt/0/events", new { event_type = "reward", data = new { value = 0.25 } });
        (echoed["event_type"]!.GetValue<string>(), echoed["rollout_id"]!.GetValue<string>()).ShouldBe(("reward", "r-9"));
        var status = await gateway.PostAsync("/rollout/r-9/attempt/0/end", new { });
        status["events"]![0]!["kind"]!.GetValue<string>().ShouldBe("agent_output");
        var trajectory = (await gateway.TrajectoriesAsync()).ShouldHaveSingleItem();
        trajectory.Rewards!["total"].ShouldBe(0.25);
        trajectory.Labels!["mode"].ShouldBe("train");
        trajectory.OriginalImages.ShouldHaveSingleItem().Width.ShouldBe(8);
    }

    [Fact]
    public async Task Trajectories_are_handed_out_from_the_place_that_was_read_to_and_shown_on_the_page()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);
        foreach (var rollout in new[] { "a", "b", "c" })
        {
            await gateway.CallAsync(rollout, [Text("user", "Paint.")]);
            await gateway.EndAsync(rollout, new { value = 1 });
        }

        var first = await gateway.Client.GetByteArrayAsync("/api/trajectories.jsonl?limit=1", TestContext.Current.CancellationToken);
        (await gateway.TrajectoriesAsync(after: first.Length)).Select(one => one.Id).ShouldBe(["b~0", "c~0"]);
        (await gateway.TrajectoriesAsync(after: new FileInfo(Path.Combine(gateway.Folder, "gateway", "trajectories.jsonl")).Length)).ShouldBeEmpty();
        using var wrong = await gateway.Client.GetAsync("/api/trajectories.jsonl?after=5", TestContext.Current.CancellationToken);
        ((int)wrong.StatusCode).ShouldBe(400);
        using var none = await gateway.Client.GetAsync("/api/trajectories.jsonl?limit=0", TestContext.Current.CancellationToken);
        ((int)none.StatusCode).ShouldBe(400);
        TrajectoryJson.Read(await gateway.Client.GetByteArrayAsync("/api/trajectories/b~0/line", TestContext.Current.CancellationToken)).Id.ShouldBe("b~0");
        (await gateway.GetAsync("/api/trajectories"))["items"]!.AsArray().Count.ShouldBe(3);
    }

    [Fact]
    public async Task Sixty_four_rollouts_at_once_are_each_recorded_for_themselves()
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Reply = messages => $"{messages[0]!["content"]} {messages.Count}";
        await using var gateway = await StartAsync(stub.Uri);
        string[] names = [.. Enumerable.Range(0, 64).Select(one => $"r{one:00}")];

        await Task.WhenAll(names.Select(async name =>
        {
            List<object> messages = [Text("user", name)];
            for (var turn = 0; turn < 3; turn++)
            {
                messages.Add(Text("assistant", await gateway.CallAsync(name, messages)));
                messages.Add(Picture(Picture1));
            }

            await gateway.EndAsync(name, new { value = name.Length });
        }));

        var trajectories = await gateway.TrajectoriesAsync();
        trajectories.Select(one => one.Id).Order().ShouldBe(names.Select(name => $"{name}~0"));
        foreach (var trajectory in trajectories)
        {
            var name = trajectory.Opening;
            trajectory.Id.ShouldBe($"{name}~0");
            trajectory.Rounds.Select(round => round.Text).ShouldBe([$"{name} 1", $"{name} 3", $"{name} 5"]);
            trajectory.Trace!.Turns.Count.ShouldBe(3);
        }
    }
}

using System.Net;
using GenAgent.Server.Gateway;
using Microsoft.Extensions.DependencyInjection;
using SkiaSharp;
using static GenAgent.Server.Tests.Gateway.RunningGateway;

namespace GenAgent.Server.Tests.Gateway;

/// <summary>Texts that the framework refuses to read, and rollouts that cannot be read at all, stop neither an end nor a start.</summary>
public sealed class BrokenTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_call_whose_prompt_has_half_of_a_character_ends_shows_and_exports_its_rollout()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);
        var call = new { id = "c1", type = "function", function = new { name = "generate_image", arguments = """{"prompt": "a \ud83d cat"}""" } };
        await gateway.CallAsync(
            "r",
            [
                Text("user", "Paint."), new { role = "assistant", content = string.Empty, tool_calls = new[] { call } },
                Picture(TestImages.Encode(8, 6, SKColors.Teal)),
            ]);

        await gateway.EndAsync("r", new { value = 1 });

        var round = (await gateway.TrajectoriesAsync()).ShouldHaveSingleItem().Rounds[0];
        round.Generation!.Prompt.ShouldBe("a \ufffd cat");
        round.Call!.Arguments.ShouldBe("""{"prompt": "a \ud83d cat"}""");
        (await gateway.GetAsync("/api/trajectories/r~0/export?format=atif"))["steps"]!.AsArray().Count.ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task An_event_with_half_of_a_character_is_refused_so_that_the_status_can_be_written()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);
        await gateway.CallAsync("r", [Text("user", "1")]);

        foreach (var body in new[] { """{"event_type":"note","data":{"said":"\ud83d"}}""", """{"event_type":"reward","data":{"rewards":{"\ud83d":1}}}""" })
        {
            using var response = await gateway.Client.PostAsync(
                "/api/rollouts/r/attempt/0/events", new StringContent(body, null, "application/json"), TestContext.Current.CancellationToken);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        using var task = await gateway.Client.PostAsync(
            "/rollout/r/attempt/1", new StringContent("""{"prompt":"\ud83d"}""", null, "application/json"), TestContext.Current.CancellationToken);
        task.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await gateway.PostAsync("/rollout/r/attempt/0/end", new { }))["events"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_rollout_that_cannot_be_read_keeps_neither_the_gateway_from_starting_nor_the_others_from_ending()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using (var gateway = await StartAsync(stub.Uri, folder: _folder.Path))
        {
            foreach (var name in new[] { "broken", "ending" }) await gateway.CallAsync(name, [Text("user", "1")]);

            // As after a kill between the decision and the writing.
            await gateway.Services.GetRequiredService<GatewayFolder>().Database.WriteAsync(
                async session => await session.ExecuteAsync("UPDATE rollouts SET state = 'Ending', ending = '{}'")
                    + await session.ExecuteAsync("UPDATE calls SET answer = 'no JSON' WHERE rollout = 'broken'"),
                TestContext.Current.CancellationToken);
        }

        await using var again = await StartAsync(stub.Uri, ["Gateway:IdleSeconds=1"], _folder.Path);

        (await again.TrajectoriesAsync()).ShouldHaveSingleItem().Id.ShouldBe("ending~0");
        await again.Services.GetRequiredService<IdleRollouts>().RunOnceAsync(TestContext.Current.CancellationToken);
    }
}

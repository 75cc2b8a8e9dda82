using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using static GenAgent.Server.Tests.Gateway.RunningGateway;

namespace GenAgent.Server.Tests.Gateway;

/// <summary>The server behind the gateway: what it is sent, and what comes of an answer that goes wrong.</summary>
public sealed class UpstreamTests
{
    [Theory]
    [InlineData(nameof(StubFault.Half), "\ufffd")]
    [InlineData(nameof(StubFault.Twice), "b")]
    public async Task An_answer_with_half_of_a_character_or_a_member_twice_is_read_though_a_request_is_not(string fault, string said)
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Fault = _ => Enum.Parse<StubFault>(fault);
        await using var gateway = await StartAsync(stub.Uri);

        (await gateway.CallAsync("r", [Text("user", "1")])).ShouldBe(said);
        await gateway.EndAsync("r", new { value = 1 });

        (await gateway.TrajectoriesAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_character_that_the_upstream_cuts_in_two_between_chunks_is_whole_at_the_caller_and_in_the_record()
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Fault = _ => StubFault.SplitCharacter;
        await using var gateway = await StartAsync(stub.Uri);

        using var response = await gateway.Client.PostAsJsonAsync(
            "/rollout/r/attempt/0/v1/chat/completions", new { messages = new[] { Text("user", "1") }, stream = true }, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        string.Concat(body.Split("\n\n").Where(line => line.StartsWith("data: {", StringComparison.Ordinal))
            .Select(line => JsonNode.Parse(line[6..])!["choices"]![0]!["delta"]!["content"]?.GetValue<string>())).ShouldBe("a \U0001f600 cat");
        await gateway.EndAsync("r", new { value = 1 });
        (await gateway.GetAsync("/api/trajectories/r~0/export?format=atif")).ToJsonString().ShouldContain("a \\uD83D\\uDE00 cat");
    }

    [Theory]
    [InlineData(nameof(StubFault.BadRequest), 400, "maximum context length")]
    [InlineData(nameof(StubFault.Redirect), 502, "status 302")]
    [InlineData(nameof(StubFault.Page), 502, "no JSON")]
    [InlineData(nameof(StubFault.NoChoices), 502, "no choices")]
    [InlineData(nameof(StubFault.NoFinish), 502, "before the end")]
    [InlineData(nameof(StubFault.Long), 502, "longer than 4096 bytes")]
    [InlineData(nameof(StubFault.WordForId), 502, "no token id")]
    public async Task An_answer_that_is_none_reaches_the_caller_as_an_error_and_is_not_recorded(string fault, int status, string said)
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Fault = _ => Enum.Parse<StubFault>(fault);
        await using var gateway = await StartAsync(stub.Uri, ["Gateway:AnswerBytes=4096"]);

        var error = await gateway.PostAsync("/rollout/r/attempt/0/v1/chat/completions", new { messages = new[] { Text("user", "1") } }, (HttpStatusCode)status);

        error["error"]!["message"]!.GetValue<string>().ShouldContain(said);
        (await gateway.GetAsync("/rollout/r/attempt/0"))["calls"]!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_ends_in_an_error_and_is_not_recorded()
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Fault = _ => StubFault.CutStream;
        await using var gateway = await StartAsync(stub.Uri);

        var events = await gateway.StreamAsync("r", [Text("user", "1")]);

        JsonNode.Parse(events[^1])!["error"]!["code"]!.GetValue<string>().ShouldBe("upstream_disconnected");
        (await gateway.GetAsync("/rollout/r/attempt/0"))["calls"]!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task Ids_and_log_probabilities_of_different_number_rule_the_rollout_out_with_both_numbers()
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Fault = _ => StubFault.FewerLogProbs;
        await using var gateway = await StartAsync(stub.Uri);
        await gateway.CallAsync("r", [Text("user", "1")]);
        await gateway.EndAsync("r", new { value = 1 });

        var trajectory = (await gateway.TrajectoriesAsync()).ShouldHaveSingleItem();
        trajectory.Trace.ShouldBeNull();
        trajectory.Excluded.ShouldBe("the upstream gave 20 token ids, but 18 log-probabilities");
    }

    [Fact]
    public async Task An_upstream_that_nobody_reaches_or_that_hangs_is_told_in_words()
    {
        await using var nobody = await StartAsync("openai:nobody@http://127.0.0.1:9/v1");
        (await nobody.PostAsync("/rollout/r/attempt/0/v1/chat/completions", new { messages = new[] { Text("user", "1") } }, HttpStatusCode.BadGateway))
            ["error"]!["message"]!.GetValue<string>().ShouldContain("cannot be reached");

        await using var stub = await StubChatServer.StartAsync();
        stub.Gate = new TaskCompletionSource().Task;
        var time = new FakeTimeProvider();
        await using var gateway = await StartAsync(stub.Uri, ["Gateway:CallSeconds=30"], time: time);
        var call = gateway.PostAsync("/rollout/r/attempt/0/v1/chat/completions", new { messages = new[] { Text("user", "1") } }, HttpStatusCode.GatewayTimeout);
        await Until.TrueAsync(() => !stub.Requests.IsEmpty, "the call has reached the upstream");
        time.Advance(TimeSpan.FromSeconds(31));
        (await call)["error"]!["message"]!.GetValue<string>().ShouldContain("more than 30 seconds");
    }

    [Fact]
    public async Task A_stream_that_takes_too_long_ends_in_an_error_that_says_so()
    {
        await using var stub = await StubChatServer.StartAsync();
        stub.Fault = _ => StubFault.StalledStream;
        var time = new FakeTimeProvider();
        await using var gateway = await StartAsync(stub.Uri, ["Gateway:CallSeconds=30"], time: time);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/rollout/r/attempt/0/v1/chat/completions")
        {
            Content = JsonContent.Create(new { messages = new[] { Text("user", "1") }, stream = true }),
        };
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        await events.ReadLineAsync(TestContext.Current.CancellationToken);

        time.Advance(TimeSpan.FromSeconds(31));

        var lines = (await events.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[^1].ShouldContain("more than 30 seconds");
        (await gateway.GetAsync("/rollout/r/attempt/0"))["calls"]!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task Fields_that_the_upstream_does_not_know_are_not_sent_on_even_if_the_caller_sends_them()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri + "?without=logprobs,seed");

        await gateway.PostAsync(
            "/rollout/r/attempt/0/v1/chat/completions", new { messages = new[] { Text("user", "1") }, logprobs = true, seed = 3, temperature = 0.5 });

        var body = stub.Requests.ShouldHaveSingleItem().Body;
        body.ContainsKey("logprobs").ShouldBeFalse();
        body.ContainsKey("seed").ShouldBeFalse();
        body["temperature"]!.GetValue<double>().ShouldBe(0.5);
    }
}

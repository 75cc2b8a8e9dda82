using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GenAgent.Server.Gateway;
using GenAgent.Server.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static GenAgent.Server.Tests.Gateway.RunningGateway;

namespace GenAgent.Server.Tests.Gateway;

/// <summary>Keys, limits, and ends that nobody asked for or that fail.</summary>
public sealed class GatewaySafetyTests
{
    private static readonly string[] Keyed = ["Server:Authentication=Always"];

    [Fact]
    public async Task The_upstream_gets_its_own_key_and_never_the_callers_and_nobody_gets_the_upstreams()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(
            stub.Uri + "?key=engine", Keyed, environment: new Dictionary<string, string> { ["GENAGENT_Secrets__engine"] = "upstream-secret-key" });
        var (_, key) = await gateway.Services.GetRequiredService<ApiKeys>().AddAsync("agent", KeyScopes.Read | KeyScopes.Generate, null, null, default);
        object body = new { messages = new[] { Text("user", "Paint.") } };

        await gateway.PostAsync("/rollout/r/attempt/0/v1/chat/completions", body, key: key);
        stub.Fault = _ => StubFault.RateLimited;
        var refused = await gateway.PostAsync("/rollout/r/attempt/0/v1/chat/completions", body, HttpStatusCode.TooManyRequests, key);

        stub.Requests.ShouldAllBe(request => request.Headers.Authorization == "Bearer upstream-secret-key");
        stub.Requests.SelectMany(request => request.Headers.Values).ShouldAllBe(value => !value.ToString().Contains(key, StringComparison.Ordinal));
        stub.Fault = _ => StubFault.ErrorBody;
        var failed = await gateway.PostAsync("/rollout/r/attempt/0/v1/chat/completions", body, HttpStatusCode.BadGateway, key);

        failed.ToJsonString().ShouldContain("worker died");
        failed.ToJsonString().ShouldNotContain("upstream-secret-key");
        refused.ToJsonString().ShouldContain("slow down");
        refused.ToJsonString().ShouldNotContain("upstream-secret-key");
        Directory.EnumerateFiles(gateway.Folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) is not ".lock")
            .Where(file => File.ReadAllBytes(file).AsSpan().IndexOf("upstream-secret-key"u8) >= 0).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST", "/rollout/r/attempt/0/v1/chat/completions")]
    [InlineData("POST", "/proxy/rollout/r/attempt/0/mode/train/openai/v1/chat/completions")]
    [InlineData("POST", "/rollout/r/attempt/0/reward")]
    [InlineData("POST", "/rollout/r/attempt/0/end")]
    [InlineData("POST", "/api/rollouts/r/attempt/0/events")]
    [InlineData("POST", "/api/upstream/version")]
    [InlineData("GET", "/rollout/r/attempt/0")]
    [InlineData("GET", "/api/trajectories.jsonl")]
    [InlineData("GET", "/api/images/0")]
    public async Task Nothing_of_the_gateway_answers_without_a_key(string method, string address)
    {
        await using var gateway = await StartAsync("openai:nobody@http://127.0.0.1:9/v1", Keyed);
        using var request = new HttpRequestMessage(new(method), address) { Content = method == "POST" ? JsonContent.Create(new { value = 1 }) : null };

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_has_its_own_rollouts_and_only_an_administrators_sets_the_version()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri, Keyed);
        var keys = gateway.Services.GetRequiredService<ApiKeys>();
        var (_, one) = await keys.AddAsync("one", KeyScopes.Read | KeyScopes.Generate, null, null, default);
        var (_, other) = await keys.AddAsync("other", KeyScopes.Read | KeyScopes.Generate, null, null, default);
        var (_, admin) = await keys.AddAsync("admin", KeyScopes.Admin, null, null, default);
        object body = new { messages = new[] { Text("user", "Paint.") } };
        await gateway.PostAsync("/rollout/r/attempt/0/v1/chat/completions", body, key: one);

        await gateway.PostAsync("/rollout/r/attempt/0/v1/chat/completions", body, HttpStatusCode.Forbidden, other);
        await gateway.PostAsync("/rollout/r/attempt/0/reward", new { value = 1 }, HttpStatusCode.Forbidden, other);
        await gateway.PostAsync("/rollout/r/attempt/0/end", new { }, HttpStatusCode.NotFound, other);
        await gateway.PostAsync("/api/upstream/version", new { version = "1" }, HttpStatusCode.Forbidden, one);
        await gateway.PostAsync("/api/upstream/version", new { version = "1" }, key: admin);
        await gateway.PostAsync("/rollout/r/attempt/0/end", new { }, key: admin);
    }

    [Theory]
    [InlineData("""{"messages":[]}""", 400)]
    [InlineData("""{"messages":[{"content":"no role"}]}""", 400)]
    [InlineData("""{"messages":[{"role":"user","content":7}]}""", 400)]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"input_audio"}]}]}""", 400)]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://127.0.0.1/a.png"}}]}]}""", 400)]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}""", 400)]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"n":2}""", 400)]
    [InlineData("""{"messages":[{"role":"user","content":"half \ud83d"}]}""", 400)]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"\ude00":1}]}""", 400)]
    [InlineData("""{"messages":[{"role":"user","content":"x","content":"y"}]}""", 400)]
    [InlineData("[]", 400)]
    [InlineData("{", 400)]
    public async Task A_request_that_cannot_be_recorded_is_refused_before_anybody_is_called(string body, int status)
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);

        using var response = await gateway.Client.PostAsync(
            "/rollout/r/attempt/0/v1/chat/completions", new StringContent(body, null, "application/json"), TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(status);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        answer["error"]!["message"]!.GetValue<string>().ShouldNotBeEmpty();
        stub.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_limit_is_kept()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(
            stub.Uri,
            ["Gateway:CallsPerRollout=2", "Gateway:EventsPerRollout=2", "Gateway:OpenRollouts=1", "Server:ImagePixels=10000", "Server:BodyBytes=20000"]);
        await gateway.CallAsync("r", [Text("user", "1")]);
        await gateway.CallAsync("r", [Text("user", "2")]);

        await RefuseAsync("/rollout/r/attempt/0/v1", Text("user", "3"), HttpStatusCode.TooManyRequests);
        await RefuseAsync("/rollout/other/attempt/0/v1", Text("user", "3"), HttpStatusCode.ServiceUnavailable);
        await RefuseAsync("/rollout/r/attempt/0/v1", Picture(TestImages.Declaring(400, 400)), HttpStatusCode.RequestEntityTooLarge);
        await RefuseAsync("/rollout/r/attempt/0/v1", Text("user", new string('x', 30_000)), HttpStatusCode.RequestEntityTooLarge);
        await RefuseAsync("/proxy/rollout/r/attempt/0/mode/test/openai/v1", Text("user", "3"), HttpStatusCode.NotFound);
        await gateway.PostAsync("/rollout/r/attempt/0/reward", new { value = 1 });
        await gateway.PostAsync("/rollout/r/attempt/0/reward", new { value = 1 });
        await gateway.PostAsync("/rollout/r/attempt/0/reward", new { value = 2 });
        await gateway.PostAsync("/rollout/r/attempt/0/reward", new { value = 3 }, HttpStatusCode.TooManyRequests);
        await gateway.PostAsync("/rollout/r%2F..%2Fx/attempt/0/reward", new { value = 3 }, HttpStatusCode.BadRequest);
        (await gateway.GetAsync("/rollout/r/attempt/0"))["rewards"]!["total"]!.GetValue<double>().ShouldBe(2);

        Task RefuseAsync(string address, object message, HttpStatusCode status) =>
            gateway.PostAsync($"{address}/chat/completions", new { messages = new[] { message } }, status);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"value": "much"}""")]
    [InlineData("""{"rewards": {"final": null}}""")]
    [InlineData("""{"rewards": {}}""")]
    [InlineData("3")]
    public async Task A_reward_that_is_none_is_refused_and_a_missing_one_is_never_filled_in(string body)
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);
        await gateway.CallAsync("r", [Text("user", "1")]);

        using var response = await gateway.Client.PostAsync(
            "/rollout/r/attempt/0/reward", new StringContent(body, null, "application/json"), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await gateway.EndAsync("r");
        (await gateway.TrajectoriesAsync()).ShouldHaveSingleItem().Rewards.ShouldBeNull();
    }

    [Fact]
    public async Task A_rollout_whose_call_is_under_way_or_failed_just_now_is_not_idle()
    {
        await using var stub = await StubChatServer.StartAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var gateway = await StartAsync(stub.Uri, ["Gateway:IdleSeconds=60", "Gateway:CallSeconds=600"], time: time);
        var idle = gateway.Services.GetRequiredService<IdleRollouts>();
        var gate = new TaskCompletionSource();
        stub.Gate = gate.Task;
        var slow = gateway.CallAsync("slow", [Text("user", "1")]);
        await Until.TrueAsync(() => !stub.Requests.IsEmpty, "the call has reached the upstream");

        time.Advance(TimeSpan.FromSeconds(100));
        await idle.RunOnceAsync(default);
        gate.SetResult();
        (await slow).ShouldBe("reply to 1 messages");

        time.Advance(TimeSpan.FromSeconds(50));
        stub.Fault = _ => StubFault.RateLimited;
        await gateway.PostAsync("/rollout/slow/attempt/0/v1/chat/completions", new { messages = new[] { Text("user", "2") } }, HttpStatusCode.TooManyRequests);
        time.Advance(TimeSpan.FromSeconds(50));
        await idle.RunOnceAsync(default);
        (await gateway.GetAsync("/rollout/slow/attempt/0"))["state"]!.GetValue<string>().ShouldBe("open");
    }

    [Fact]
    public async Task Rollouts_that_ended_before_the_days_of_retention_leave_the_database_and_their_trajectories_stay()
    {
        await using var stub = await StubChatServer.StartAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var gateway = await StartAsync(stub.Uri, ["Server:RetentionDays=7", "Gateway:IdleSeconds=604800"], time: time);
        foreach (var name in new[] { "old", "open" })
        {
            await gateway.CallAsync(name, [Text("user", "1")]);
            await gateway.PostAsync($"/rollout/{name}/attempt/0/reward", new { value = 1 });
        }

        await gateway.EndAsync("old");
        time.Advance(TimeSpan.FromDays(6));
        await gateway.CallAsync("open", [Text("user", "2")]);
        await gateway.CallAsync("new", [Text("user", "1")]);
        await gateway.EndAsync("new");
        time.Advance(TimeSpan.FromDays(2));
        await gateway.Services.GetRequiredService<IdleRollouts>().RunOnceAsync(default);

        using var gone = await gateway.Client.GetAsync("/rollout/old/attempt/0", TestContext.Current.CancellationToken);
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.GetAsync("/rollout/open/attempt/0"))["calls"]!.GetValue<int>().ShouldBe(2);
        (await gateway.GetAsync("/rollout/new/attempt/0"))["state"]!.GetValue<string>().ShouldBe("ended");
        (await gateway.TrajectoriesAsync()).Select(one => one.Id).ShouldBe(["old~0", "new~0"]);
        (await gateway.Services.GetRequiredService<GatewayTables>().CallsAsync(new("old", "0"), default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_ended_rollout_takes_nothing_more_and_an_idle_one_ends_by_itself()
    {
        await using var stub = await StubChatServer.StartAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var gateway = await StartAsync(stub.Uri, ["Gateway:IdleSeconds=60"], time: time);
        await gateway.CallAsync("silent", [Text("user", "1")]);
        await gateway.CallAsync("rewarded", [Text("user", "1")]);
        await gateway.PostAsync("/rollout/rewarded/attempt/0/reward", new { value = 1 });

        time.Advance(TimeSpan.FromSeconds(59));
        await gateway.CallAsync("fresh", [Text("user", "1")]);
        time.Advance(TimeSpan.FromSeconds(2));
        await gateway.Services.GetRequiredService<IdleRollouts>().RunOnceAsync(default);

        // The service itself runs at the same moments, and may be the one that is still writing.
        var ended = await Until.AnyAsync(
            async () => (await gateway.TrajectoriesAsync()).ToDictionary(one => one.Id) is { Count: >= 2 } there ? there : null,
            "both idle rollouts have ended");
        ended.Keys.Order().ShouldBe(["rewarded~0", "silent~0"]);
        ended["silent~0"].Excluded.ShouldBe("nobody called or rewarded it for 60 seconds");
        ended["rewarded~0"].Excluded.ShouldBeNull();
        await gateway.PostAsync("/rollout/silent/attempt/0/v1/chat/completions", new { messages = new[] { Text("user", "2") } }, HttpStatusCode.Conflict);
        await gateway.PostAsync("/rollout/silent/attempt/0/reward", new { value = 2 }, HttpStatusCode.Conflict);
        await gateway.PostAsync("/rollout/rewarded/attempt/0/reward", new { value = 1 });
        (await gateway.TrajectoriesAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_end_that_cannot_be_written_is_written_later_and_nothing_twice()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);
        stub.Reply = messages => $"{messages[^1]!["content"]}";
        await gateway.CallAsync("r", [Text("user", "left")]);
        await gateway.CallAsync("r", [Text("user", "right")]);
        var file = Path.Combine(gateway.Folder, "gateway", "trajectories.jsonl");
        File.Move(file, file + ".away");
        (await gateway.PostAsync("/rollout/r/attempt/0/end", new { }, HttpStatusCode.InternalServerError))["detail"]!.GetValue<string>().ShouldNotBeEmpty();
        File.Move(file + ".away", file);

        await gateway.Services.GetRequiredService<IdleRollouts>().RunOnceAsync(default);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => gateway.EndAsync("r")));

        (await gateway.TrajectoriesAsync()).Select(one => one.Id).ShouldBe(["r~0", "r~0~1"]);
    }

    [Fact]
    public async Task A_second_gateway_on_the_same_folder_is_refused_and_an_upstream_must_be_named()
    {
        await using var stub = await StubChatServer.StartAsync();
        await using var gateway = await StartAsync(stub.Uri);

        await Should.ThrowAsync<GenAgent.Trajectories.FolderInUseException>(() => StartAsync(stub.Uri, folder: gateway.Folder));
        var nobody = await Should.ThrowAsync<GenAgent.Models.BackendUriException>(() => StartAsync(string.Empty, folder: gateway.Folder));
        nobody.Message.ShouldContain("--upstream");
    }
}

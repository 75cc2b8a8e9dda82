using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Server.Environments;
using GenAgent.Server.Security;
using GenAgent.Server.Tests.Jobs;
using GenAgent.Server.Tests.Serving;
using GenAgent.Trajectories;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Server.Tests.Environments;

/// <summary>The agent's loop as an environment in OpenEnv's shape: a trainer elsewhere samples the turns.</summary>
public sealed class EnvironmentTests : IDisposable
{
    private const string Prompt = "a red circle";
    internal const string Call =
        "<think>draw</think>\n<tool_call>\n"
        + "{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"large red circle center white background\"}}\n</tool_call>";

    internal const string Answer = "<judge>It is there.\nverdict: pass</judge>\n<answer>image 1</answer>";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_episode_goes_from_its_reset_over_an_image_to_its_reward()
    {
        await using var server = await StartAsync();

        var reset = await PostAsync(server, "/reset", new { seed = 3, episode_id = "e1", prompt = Prompt, prompt_id = "p1" });
        reset["done"]!.GetValue<bool>().ShouldBeFalse();
        reset["reward"].ShouldBeNull();
        reset["metadata"]!["episode_id"]!.GetValue<string>().ShouldBe("e1");
        reset["observation"]!["text"]!.GetValue<string>().ShouldBe(Prompt);
        reset["observation"]!["system_prompt"]!.GetValue<string>().ShouldContain("generate_image");

        var shown = await PostAsync(server, "/step", new { action = new { message = Call }, episode_id = "e1" });
        shown["done"]!.GetValue<bool>().ShouldBeFalse();
        shown["observation"]!["text"]!.GetValue<string>().ShouldContain("<tool_response>");
        Convert.FromBase64String(shown["observation"]!["image_base64"]!.GetValue<string>())[..4].ShouldBe([0x89, (byte)'P', (byte)'N', (byte)'G']);
        var state = JsonNode.Parse(await server.Client.GetStringAsync("/state?episode_id=e1", TestContext.Current.CancellationToken))!;
        (state["step_count"]!.GetValue<int>(), state["done"]!.GetValue<bool>()).ShouldBe((1, false));

        var end = await PostAsync(server, "/step", new { action = new { message = Answer }, episode_id = "e1" });
        (end["done"]!.GetValue<bool>(), end["reward"]!.GetValue<double>()).ShouldBe((true, 0.7));
        end["metadata"]!["stop_reason"]!.GetValue<string>().ShouldBe("Answered");
        end["metadata"]!["rewards"]!["final"]!.GetValue<double>().ShouldBe(0.7);

        (await SendAsync(server, "/step", new { action = new { message = Answer }, episode_id = "e1" })).Status.ShouldBe(HttpStatusCode.Conflict);
        await foreach (var trajectory in new TrajectoryFolder(_folder["environment"]).ReadAllAsync(null, TestContext.Current.CancellationToken))
        {
            (trajectory.Id, trajectory.Task!.PromptId, trajectory.Rewards!["total"]).ShouldBe(("e1", "p1", 0.7));
            trajectory.Rounds.Select(round => round.Text).ShouldBe([Call, Answer]);
        }
    }

    [Fact]
    public async Task A_wrong_turn_is_answered_costs_its_fault_and_the_same_seed_makes_the_same_image()
    {
        await using var server = await StartAsync();
        var images = new List<string>();
        foreach (var episode in new[] { "a", "b" })
        {
            await PostAsync(server, "/reset", new { seed = 9, episode_id = episode, prompt = Prompt });
            var wrong = await PostAsync(server, "/step", new { action = new { message = "I paint it now." }, episode_id = episode });
            wrong["observation"]!["text"]!.GetValue<string>().ShouldContain("error:");
            var shown = await PostAsync(server, "/step", new { action = new { message = Call }, episode_id = episode });
            images.Add(shown["observation"]!["image_base64"]!.GetValue<string>());
            var end = await PostAsync(server, "/step", new { action = new { message = Answer }, episode_id = episode });
            end["reward"]!.GetValue<double>().ShouldBe(0.5, 1e-9);
        }

        images[0].ShouldBe(images[1]);
    }

    [Fact]
    public async Task Sixty_four_episodes_run_at_once_with_prompts_of_the_servers_file()
    {
        await File.WriteAllLinesAsync(_folder["prompts.txt"], ["a red circle", "a blue square"], TestContext.Current.CancellationToken);
        await using var server = await StartAsync(["Environment:Prompts=prompts.txt"]);

        var rewards = await Task.WhenAll(Enumerable.Range(0, 64).Select(async one =>
        {
            var reset = await PostAsync(server, "/reset", new { seed = one });
            var (id, prompt) = (reset["metadata"]!["episode_id"]!.GetValue<string>(), reset["observation"]!["text"]!.GetValue<string>());
            prompt.ShouldBe(one % 2 == 0 ? "a red circle" : "a blue square");
            await PostAsync(server, "/step", new 
            {
                action = new { message = Call.Replace("red circle", prompt[2..], StringComparison.Ordinal) }, episode_id = id,
            });
            return (await PostAsync(server, "/step", new { action = new { message = Answer }, episode_id = id }))["reward"]!.GetValue<double>();
        }));

        rewards.ShouldAllBe(reward => reward == 0.7);
        server.Services.GetRequiredService<EpisodeLibrary>().Running.ShouldBe(0);
    }

    [Fact]
    public async Task A_request_that_is_repeated_gets_its_answer_again_and_is_no_second_step()
    {
        await using var server = await StartAsync();
        await PostAsync(server, "/reset", new { prompt = Prompt });
        var step = new { action = new { message = Call }, request_id = "q1" };

        var first = await PostAsync(server, "/step", step);
        var again = await PostAsync(server, "/step", step);

        again.ToJsonString().ShouldBe(first.ToJsonString());
        first["metadata"]!["step_count"]!.GetValue<int>().ShouldBe(1);
    }

    [Theory]
    [InlineData("/step", "{}", "action")]
    [InlineData("/step", """{"action":{}}""", "message")]
    [InlineData("/step", """{"action":{"message":7}}""", "message")]
    [InlineData("/step", """{"action":{"message":"x","speed":1}}""", "speed")]
    [InlineData("/step", """{"action":{"message":"x"},"timeout_s":0}""", "timeout_s")]
    [InlineData("/reset", """{"seed":-1}""", "seed")]
    [InlineData("/reset", """{"episode_id":""}""", "episode_id")]
    [InlineData("/reset", "{}", "prompt")]
    [InlineData("/reset", """{"prompt":" "}""", "prompt")]
    [InlineData("/reset", "[]", "body")]
    [InlineData("/reset", "{", "body")]
    [InlineData("/reset", """{"prompt":"\ud83d"}""", "body")]
    [InlineData("/reset", """{"prompt":"x","prompt":"y"}""", "body")]
    public async Task What_is_not_of_the_schema_is_refused_as_openenv_refuses_it(string address, string body, string field)
    {
        await using var server = await StartAsync();

        using var response = await server.Client.PostAsync(address, new StringContent(body, null, "application/json"), TestContext.Current.CancellationToken);

        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(422, text);
        JsonNode.Parse(text)!["detail"]![0]!["loc"]!.AsArray().Select(one => one!.GetValue<string>()).ShouldContain(field);
    }

    [Fact]
    public async Task The_schema_has_one_field_of_an_action_and_health_and_metadata_are_openenvs()
    {
        await using var server = await StartAsync();
        var schema = JsonNode.Parse(await server.Client.GetStringAsync("/schema", TestContext.Current.CancellationToken))!;

        schema.AsObject().Select(one => one.Key).ShouldBe(["action", "observation", "state"]);
        schema["action"]!["properties"]!.AsObject().Select(one => one.Key).Where(name => name is not "metadata").ShouldBe(["message"]);
        (await server.Client.GetStringAsync("/health", TestContext.Current.CancellationToken)).ShouldBe("""{"status":"healthy"}""");
        var about = JsonNode.Parse(await server.Client.GetStringAsync("/metadata", TestContext.Current.CancellationToken))!;
        about["name"]!.GetValue<string>().ShouldBe("genagent");
    }

    [Fact]
    public async Task Limits_of_episodes_and_of_time_are_kept()
    {
        var time = new FakeTimeProvider();
        await using var server = await StartAsync(["Environment:Sessions=2", "Environment:SessionSeconds=60"], time);
        await PostAsync(server, "/reset", new { episode_id = "a", prompt = Prompt });
        await PostAsync(server, "/reset", new { episode_id = "b", prompt = Prompt });

        var full = await SendAsync(server, "/reset", new { episode_id = "c", prompt = Prompt });
        (full.Status, full.RetryAfter).ShouldBe((HttpStatusCode.ServiceUnavailable, "5"));
        (await SendAsync(server, "/step", new { action = new { message = Call } })).Status.ShouldBe(HttpStatusCode.BadRequest, "two are running");
        await PostAsync(server, "/reset", new { episode_id = "b", prompt = Prompt });

        time.Advance(TimeSpan.FromSeconds(50));
        await PostAsync(server, "/step", new { action = new { message = Call }, episode_id = "a" });
        time.Advance(TimeSpan.FromSeconds(20));
        server.Services.GetRequiredService<EpisodeLibrary>().DropIdle();

        (await SendAsync(server, "/step", new { action = new { message = Call }, episode_id = "b" })).Status.ShouldBe(HttpStatusCode.NotFound);
        (await PostAsync(server, "/step", new { action = new { message = Answer }, episode_id = "a" }))["done"]!.GetValue<bool>().ShouldBeTrue();
        await PostAsync(server, "/reset", new { episode_id = "c", prompt = Prompt });
    }

    [Fact]
    public async Task A_step_that_takes_too_long_ends_its_episode()
    {
        await using var server = await StartAsync(["Backends:Generator=hanging"], backends: HangingBackend.AddTo);
        await PostAsync(server, "/reset", new { episode_id = "a", prompt = Prompt });

        var slow = await SendAsync(server, "/step", new { action = new { message = Call }, episode_id = "a", timeout_s = 0.2 });
        slow.Status.ShouldBe(HttpStatusCode.GatewayTimeout);

        (await SendAsync(server, "/step", new { action = new { message = Call }, episode_id = "a" })).Status.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_step_under_way_is_a_use_and_a_reset_of_its_episode_lets_whoever_waits_go()
    {
        var time = new FakeTimeProvider();
        await using var server = await StartAsync(["Backends:Generator=hanging", "Environment:SessionSeconds=60"], time, HangingBackend.AddTo);
        await PostAsync(server, "/reset", new { episode_id = "a", prompt = Prompt });
        var library = server.Services.GetRequiredService<EpisodeLibrary>();
        var episode = library.Find("a", Caller.Local);
        var step = SendAsync(server, "/step", new { action = new { message = Call }, episode_id = "a" });
        await Until.TrueAsync(() => episode.IsStepping, "the step has begun");

        time.Advance(TimeSpan.FromSeconds(100));
        library.DropIdle();
        library.Find("a", Caller.Local).ShouldBeSameAs(episode);
        step.IsCompleted.ShouldBeFalse();

        await PostAsync(server, "/reset", new { episode_id = "a", prompt = Prompt });
        var (status, text, _) = await step;
        status.ShouldBe(HttpStatusCode.Conflict);
        text.ShouldContain("while its step was under way");
    }

    [Fact]
    public async Task An_episode_whose_judge_fails_is_over_and_takes_no_room()
    {
        await using var server = await StartAsync(["Backends:Judge=failing", "Environment:Sessions=1"], backends: FailingJudge.AddTo);
        await PostAsync(server, "/reset", new { episode_id = "a", prompt = Prompt });
        await PostAsync(server, "/step", new { action = new { message = Call }, episode_id = "a" });

        (await SendAsync(server, "/step", new { action = new { message = Answer }, episode_id = "a" })).Status.ShouldBe(HttpStatusCode.InternalServerError);

        var state = JsonNode.Parse(await server.Client.GetStringAsync("/state?episode_id=a", TestContext.Current.CancellationToken))!;
        state["done"]!.GetValue<bool>().ShouldBeTrue();
        (await SendAsync(server, "/step", new { action = new { message = Answer }, episode_id = "a" })).Status.ShouldBe(HttpStatusCode.Conflict);
        await PostAsync(server, "/reset", new { episode_id = "b", prompt = Prompt });
    }

    [Fact]
    public async Task A_run_that_does_not_count_is_not_judged()
    {
        await using var server = await StartAsync(
            ["Backends:Judge=failing", "Backends:Generator=spoiling", "Agent:MaxRounds=4"], backends: registry =>
            {
                FailingJudge.AddTo(registry);
                SpoilingBackend.AddTo(registry);
            });
        await PostAsync(server, "/reset", new { episode_id = "a", prompt = Prompt });
        await PostAsync(server, "/step", new { action = new { message = Call }, episode_id = "a" });
        var again = $"<judge>No.\nverdict: fail</judge>\n{Call}";
        await PostAsync(server, "/step", new { action = new { message = again }, episode_id = "a" });

        var end = await PostAsync(server, "/step", new { action = new { message = Answer }, episode_id = "a" });

        end["metadata"]!["excluded"]!.GetValue<string>().ShouldContain("spoilt");
        end["reward"].ShouldBeNull();
    }

    [Fact]
    public async Task A_reset_that_nobody_waits_for_leaves_no_episode_behind()
    {
        await using var server = await StartAsync();
        var library = server.Services.GetRequiredService<EpisodeLibrary>();
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => library.ResetAsync(new() { EpisodeId = "a", Prompt = Prompt }, Caller.Local, gone.Token));

        library.Running.ShouldBe(0);
        Should.Throw<RefusedException>(() => library.Find("a", Caller.Local)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Each_key_has_its_own_episodes()
    {
        await using var server = await StartAsync(["Server:Authentication=Always"]);
        var keys = server.Services.GetRequiredService<ApiKeys>();
        var (_, one) = await keys.AddAsync("one", KeyScopes.Read | KeyScopes.Generate, null, null, default);
        var (_, other) = await keys.AddAsync("other", KeyScopes.Read | KeyScopes.Generate, null, null, default);
        var body = new { episode_id = "a", prompt = Prompt };

        (await SendAsync(server, "/reset", body)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await server.Client.GetAsync("/schema", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync(server, "/reset", body, one)).Status.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(server, "/reset", body, other)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(server, "/step", new { action = new { message = Call }, episode_id = "a" }, other)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync(server, "/step", new { action = new { message = Call } }, one)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_published_client_speaks_over_a_socket_and_each_socket_is_an_episode_of_its_own()
    {
        await using var server = await StartAsync();
        using var one = await ConnectAsync(server);
        using var other = await ConnectAsync(server);

        (await AskAsync(one, new { type = "step", data = new { message = Call } }))["data"]!["code"]!.GetValue<string>().ShouldBe("SESSION_ERROR");
        (await AskAsync(one, new { type = "reset", data = new { } }))["data"]!["code"]!.GetValue<string>().ShouldBe("VALIDATION_ERROR");
        (await AskAsync(one, new { type = "dance" }))["data"]!["code"]!.GetValue<string>().ShouldBe("UNKNOWN_TYPE");
        var reset = await AskAsync(one, new { type = "reset", data = new { prompt = Prompt, seed = 4 } });
        (reset["type"]!.GetValue<string>(), reset["data"]!["observation"]!["text"]!.GetValue<string>()).ShouldBe(("observation", Prompt));
        await AskAsync(other, new { type = "reset", data = new { prompt = "one blue square" } });
        (await AskAsync(one, new { type = "step", data = new { message = Call } }))["data"]!["observation"]!["image_base64"].ShouldNotBeNull();
        (await AskAsync(one, new { type = "state" }))["data"]!["step_count"]!.GetValue<int>().ShouldBe(1);
        var end = await AskAsync(one, new { type = "step", data = new { message = Answer } });
        (end["data"]!["done"]!.GetValue<bool>(), end["data"]!["reward"]!.GetValue<double>()).ShouldBe((true, 0.7));
        (await AskAsync(other, new { type = "state" }))["data"]!["prompt"]!.GetValue<string>().ShouldBe("one blue square");

        await other.SendAsync(Encoding.UTF8.GetBytes("""{"type":"close"}"""), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        (await other.ReceiveAsync(new byte[64], TestContext.Current.CancellationToken)).MessageType.ShouldBe(WebSocketMessageType.Close);
    }

    [Fact]
    public async Task A_socket_needs_a_key_that_may_change_things_and_each_of_its_steps_counts()
    {
        await using var server = await StartAsync(["Server:Authentication=Always"]);
        var keys = server.Services.GetRequiredService<ApiKeys>();
        var (_, reader) = await keys.AddAsync("reader", KeyScopes.Read, null, null, default);
        var (_, writer) = await keys.AddAsync("writer", KeyScopes.Read | KeyScopes.Generate, perMinute: 2, null, default);

        await Should.ThrowAsync<WebSocketException>(() => ConnectAsync(server));
        await Should.ThrowAsync<WebSocketException>(() => ConnectAsync(server, reader));

        using var socket = await ConnectAsync(server, writer);
        (await AskAsync(socket, new { type = "reset", data = new { prompt = Prompt } }))["type"]!.GetValue<string>().ShouldBe("observation");
        var refused = await AskAsync(socket, new { type = "step", data = new { message = Call } });
        (refused["data"]!["code"]!.GetValue<string>(), refused["data"]!["message"]!.GetValue<string>()).ShouldSatisfyAllConditions(
            told => told.Item1.ShouldBe("CAPACITY_REACHED"), told => told.Item2.ShouldContain("2 times a minute"));
        (await AskAsync(socket, new { type = "state" }))["data"]!["step_count"]!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task An_environment_without_a_judge_or_in_native_calls_is_refused_at_its_start()
    {
        (await Should.ThrowAsync<OptionException>(() => StartAsync(["Backends:Judge="]))).Message.ShouldContain("--judge");
        (await Should.ThrowAsync<OptionException>(() => StartAsync(["Agent:Dialect=native"]))).Message.ShouldContain("native");
    }

    private static async Task<ClientWebSocket> ConnectAsync(RunningEnvironment server, string? key = null)
    {
        var socket = new ClientWebSocket();
        if (key is not null) socket.Options.SetRequestHeader("Authorization", $"Bearer {key}");
        await socket.ConnectAsync(new UriBuilder(server.Client.BaseAddress!) { Scheme = "ws", Path = "/ws" }.Uri, TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task<JsonNode> AskAsync(ClientWebSocket socket, object message)
    {
        await socket.SendAsync(
            System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        using var answer = new MemoryStream();
        var buffer = new byte[1 << 14];
        WebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            answer.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return JsonNode.Parse(answer.ToArray())!;
    }

    private static async Task<JsonNode> PostAsync(RunningEnvironment server, string address, object body)
    {
        var (status, text, _) = await SendAsync(server, address, body);
        status.ShouldBe(HttpStatusCode.OK, $"{address}: {text}");
        return JsonNode.Parse(text)!;
    }

    private static async Task<(HttpStatusCode Status, string Text, string? RetryAfter)> SendAsync(
        RunningEnvironment server, string address, object body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = JsonContent.Create(body) };
        if (key is not null) request.Headers.Authorization = new("Bearer", key);
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response.Headers.RetryAfter?.ToString());
    }

    private async Task<RunningEnvironment> StartAsync(
        IEnumerable<string>? settings = null, TimeProvider? time = null, Action<BackendRegistry>? backends = null)
    {
        var host = HostOfTests.In(_folder.Path, backends, time);
        string[] defaults = ["Server:Urls=http://127.0.0.1:0", "Server:Data=.", "Backends:Generator=canvas?drop=0&merge=0&recolor=0", "Backends:Judge=verifier"];
        var app = await GenAgentEnvironment.CreateAsync(
            host, Settings.Read(host, null, [.. defaults.Concat(settings ?? []).Select(FlagValue.FromSetting)]),
            cancellationToken: TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app);
    }

    private sealed class RunningEnvironment(WebApplication app) : IAsyncDisposable
    {
        public HttpClient Client { get; } = new() { BaseAddress = new(app.Urls.First()), Timeout = TimeSpan.FromSeconds(120) };

        public IServiceProvider Services => app.Services;

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}

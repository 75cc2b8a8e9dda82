using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using GenAgent.Server.Tests.Serving;
using GenAgent.Trajectories;

namespace GenAgent.Server.Tests.Gateway;

/// <summary>kill -9 of the gateway at moments drawn by a seed, while agents call it. GENAGENT_KILLS sets how many; the suite does a few.</summary>
public sealed class GatewayKillTests
{
    private const int Agents = 4;
    private const int Turns = 3;

    [Fact]
    public async Task Every_answer_that_an_agent_got_is_in_its_trajectory_once_wherever_the_gateway_is_killed()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("GENAGENT_KILLS"), CultureInfo.InvariantCulture, out var asked) ? asked : 4;
        using var own = new TemporaryFolder();
        var folder = own.Path;
        var port = FreePort.Find();
        await using var stub = await StubChatServer.StartAsync();
        var answers = 0;
        stub.Reply = _ => string.Create(CultureInfo.InvariantCulture, $"answer {Interlocked.Increment(ref answers)}");
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
        var finished = new ConcurrentDictionary<string, List<string>>(StringComparer.Ordinal);
        using var done = new CancellationTokenSource();
        using var giveUp = new CancellationTokenSource();
        Task load = Task.CompletedTask;
        var server = await StartAsync();
        try
        {
            load = Task.WhenAll(
                Enumerable.Range(0, Agents).Select(agent => Task.Run(() => RolloutsAsync(client, agent, finished, done.Token, giveUp.Token))));
            var moments = new Random(23);
            for (var kill = 0; kill < kills; kill++)
            {
                var before = finished.Count;
                await Until.TrueAsync(() => finished.Count > before || load.IsCompleted, "an agent finishes a rollout");
                using var moment = new CancellationTokenSource(moments.Next(1, 700));
                await Task.Delay(Timeout.Infinite, moment.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                await server.KillAsync();
                server.Dispose();
                server = await StartAsync();
            }

            await done.CancelAsync();
            await Until.EndsAsync(load, "the agents finish their last rollouts");
            var trajectories = new Dictionary<string, Trajectory>(StringComparer.Ordinal);
            foreach (var line in (await client.GetStringAsync("/api/trajectories.jsonl?limit=100000")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var trajectory = TrajectoryJson.Read(Encoding.UTF8.GetBytes(line));
                trajectories.TryAdd(trajectory.Id, trajectory).ShouldBeTrue($"{trajectory.Id} is there twice");
            }

            foreach (var (rollout, got) in finished)
            {
                var trajectory = trajectories[$"{rollout}~0"];
                trajectory.Rounds.Select(round => round.Text).ShouldBe(got, rollout);
                trajectory.Trace!.Turns.Select(turn => StubChatServer.Decode(trajectory.Trace.Ids.Skip(turn.Start).Take(turn.Count))).ShouldBe(got, rollout);
                trajectory.Rewards!["total"].ShouldBe(got.Count);
                trajectories.ShouldNotContainKey($"{rollout}~0~1");
            }

            (await server.StopAsync()).ShouldBe(0);
            TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {finished.Count} rollouts, {answers} answers of the model.");
        }
        finally
        {
            await done.CancelAsync();
            await giveUp.CancelAsync();
            await load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            server.Dispose();
        }

        Task<ServerProcess> StartAsync() => ServerProcess.StartCommandAsync("gateway", folder, port, "--upstream", stub.Uri);
    }

    // An agent that gets no answer sends the same request again.
    private static async Task RolloutsAsync(
        HttpClient client, int agent, ConcurrentDictionary<string, List<string>> finished, CancellationToken done, CancellationToken giveUp)
    {
        for (var number = 0; !done.IsCancellationRequested; number++)
        {
            var rollout = string.Create(CultureInfo.InvariantCulture, $"agent{agent}-{number}");
            List<object> messages = [RunningGateway.Text("user", rollout)];
            List<string> got = [];
            for (var turn = 0; turn < Turns; turn++)
            {
                var answer = await RepeatAsync(client, $"/rollout/{rollout}/attempt/0/v1/chat/completions", new { messages, stream = false }, giveUp);
                got.Add(answer["choices"]![0]!["message"]!["content"]!.GetValue<string>());
                messages.AddRange([RunningGateway.Text("assistant", got[^1]), RunningGateway.Text("user", "more")]);
            }

            await RepeatAsync(client, $"/rollout/{rollout}/attempt/0/reward", new { value = got.Count }, giveUp);
            await RepeatAsync(client, $"/rollout/{rollout}/attempt/0/end", new { }, giveUp);
            finished[rollout] = got;
        }
    }

    private static async Task<JsonNode> RepeatAsync(HttpClient client, string address, object body, CancellationToken giveUp)
    {
        while (true)
        {
            try
            {
                using var response = await client.PostAsJsonAsync(address, body, giveUp);
                var text = await response.Content.ReadAsStringAsync(giveUp);
                response.IsSuccessStatusCode.ShouldBeTrue(text);
                return JsonNode.Parse(text)!;
            }
            catch (Exception gone) when (gone is (HttpRequestException or IOException or TaskCanceledException) && !giveUp.IsCancellationRequested)
            {
                await Task.Delay(20, giveUp);
            }
        }
    }
}

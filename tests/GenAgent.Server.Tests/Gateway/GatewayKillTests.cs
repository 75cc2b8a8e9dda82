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
        var folder = Directory.CreateTempSubdirectory("genagent-gateway-kills-").FullName;
        var port = ServerProcess.FreePort();
        await using var stub = await StubChatServer.StartAsync();
        var answers = 0;
        stub.Reply = _ => string.Create(CultureInfo.InvariantCulture, $"answer {Interlocked.Increment(ref answers)}");
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
        var finished = new ConcurrentDictionary<string, List<string>>(StringComparer.Ordinal);
        using var done = new CancellationTokenSource();
        var server = await StartAsync();
        try
        {
            var load = Enumerable.Range(0, Agents).Select(agent => Task.Run(() => RolloutsAsync(client, agent, finished, done.Token))).ToList();
            var moments = new Random(23);
            for (var kill = 0; kill < kills; kill++)
            {
                for (var before = finished.Count; finished.Count == before;) await Task.Delay(10, CancellationToken.None);
                using var moment = new CancellationTokenSource(moments.Next(1, 700));
                await Task.Delay(Timeout.Infinite, moment.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                await server.KillAsync();
                server.Dispose();
                server = await StartAsync();
            }

            await done.CancelAsync();
            await Task.WhenAll(load);
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
            server.Dispose();
            Directory.Delete(folder, recursive: true);
        }

        Task<ServerProcess> StartAsync() => ServerProcess.StartCommandAsync("gateway", folder, port, "--upstream", stub.Uri);
    }

    // An agent that gets no answer sends the same request again.
    private static async Task RolloutsAsync(HttpClient client, int agent, ConcurrentDictionary<string, List<string>> finished, CancellationToken done)
    {
        for (var number = 0; !done.IsCancellationRequested; number++)
        {
            var rollout = string.Create(CultureInfo.InvariantCulture, $"agent{agent}-{number}");
            List<object> messages = [RunningGateway.Text("user", rollout)];
            List<string> got = [];
            for (var turn = 0; turn < Turns; turn++)
            {
                var answer = await RepeatAsync(client, $"/rollout/{rollout}/attempt/0/v1/chat/completions", new { messages, stream = false });
                got.Add(answer["choices"]![0]!["message"]!["content"]!.GetValue<string>());
                messages.AddRange([RunningGateway.Text("assistant", got[^1]), RunningGateway.Text("user", "more")]);
            }

            await RepeatAsync(client, $"/rollout/{rollout}/attempt/0/reward", new { value = got.Count });
            await RepeatAsync(client, $"/rollout/{rollout}/attempt/0/end", new { });
            finished[rollout] = got;
        }
    }

    private static async Task<JsonNode> RepeatAsync(HttpClient client, string address, object body)
    {
        while (true)
        {
            try
            {
                using var response = await client.PostAsJsonAsync(address, body);
                var text = await response.Content.ReadAsStringAsync();
                response.IsSuccessStatusCode.ShouldBeTrue(text);
                return JsonNode.Parse(text)!;
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException or TaskCanceledException)
            {
                await Task.Delay(20);
            }
        }
    }
}

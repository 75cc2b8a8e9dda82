using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using GenAgent.Server.Tests.Serving;
using GenAgent.Trajectories;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>kill -9 of the server at moments drawn by a seed, under load. GENAGENT_KILLS sets how many; the suite does a few.</summary>
public sealed class KillTests
{
    private const int Samples = 2;

    [Fact]
    public async Task Every_accepted_job_ends_once_with_each_trajectory_once_wherever_the_server_is_killed()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("GENAGENT_KILLS"), CultureInfo.InvariantCulture, out var asked) ? asked : 4;
        using var own = new TemporaryFolder();
        var folder = own.Path;
        var port = FreePort.Find();
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(120) };
        var accepted = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        using var done = new CancellationTokenSource();
        Task load = Task.CompletedTask;
        var server = await ServerProcess.StartAsync(folder, port);
        try
        {
            load = Task.WhenAll(Enumerable.Range(0, 3).Select(one => Task.Run(() => SubmitAsync(client, $"client-{one}", accepted, done.Token))));
            var moments = new Random(17);
            for (var kill = 0; kill < kills; kill++)
            {
                // Every fourth at any moment of the start; the others once the server is at work.
                var before = accepted.Count;
                if (kill % 4 != 0) await Until.TrueAsync(() => accepted.Count > before || load.IsCompleted, "a job is accepted");
                using var moment = new CancellationTokenSource(moments.Next(1, 1500));
                await Task.Delay(Timeout.Infinite, moment.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                await server.KillAsync();
                server.Dispose();
                server = await ServerProcess.StartAsync(folder, port);
            }

            await done.CancelAsync();
            await Until.EndsAsync(load, "the clients end");
            accepted.ShouldNotBeEmpty();
            accepted.Values.ShouldBeUnique();

            // The queue may be long: a stream stays open until its job is over.
            using var patient = new HttpClient { BaseAddress = client.BaseAddress, Timeout = TimeSpan.FromMinutes(10) };
            foreach (var job in accepted.Values) await CheckAsync(patient, job);
            (await server.StopAsync()).ShouldBe(0);
            await CheckTrajectoriesAsync(folder, accepted.Values);
            TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {accepted.Count} jobs accepted, each ended once.");
        }
        finally
        {
            await done.CancelAsync();
            await load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            server.Dispose();
        }
    }

    // A client that gets no answer sends the same request again, with its key.
    private static async Task SubmitAsync(HttpClient client, string name, ConcurrentDictionary<string, string> accepted, CancellationToken done)
    {
        for (var number = 0; !done.IsCancellationRequested; number++)
        {
            var key = $"{name}-{number}";
            while (!accepted.ContainsKey(key) && !done.IsCancellationRequested)
            {
                try
                {
                    using var request = new HttpRequestMessage(
                        HttpMethod.Post, "/api/jobs") { Content = JsonContent.Create(new { prompt = "two red circles and a blue square", count = Samples }) };
                    request.Headers.Add("Idempotency-Key", key);
                    using var response = await client.SendAsync(request, CancellationToken.None);
                    var answer = await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None);
                    if (response.IsSuccessStatusCode) accepted[key] = answer.GetProperty("id").GetString()!;
                }
                catch (Exception gone) when (gone is HttpRequestException or JsonException or IOException or TaskCanceledException)
                {
                    await Task.Delay(20, CancellationToken.None);
                }
            }

            await Task.Delay(30, CancellationToken.None);
        }
    }

    private static async Task CheckAsync(HttpClient client, string job)
    {
        // The stream ends when the job does.
        var events = await client.GetStringAsync($"/api/jobs/{job}/events");
        var states = events.Split('\n')
            .Where(line => line.StartsWith("data: ", StringComparison.Ordinal) && line.Contains("\"job.state\"", StringComparison.Ordinal))
            .Select(line => JsonDocument.Parse(line[6..]).RootElement.GetProperty("state").GetString()).ToList();
        states.Count(state => state is "succeeded" or "failed" or "cancelled").ShouldBe(1, $"{job}: {string.Join(", ", states)}");
        states[^1].ShouldBe("succeeded", events[Math.Max(0, events.Length - 500)..]);
        var ids = events.Split('\n').Where(line => line.StartsWith("id: ", StringComparison.Ordinal))
            .Select(line => long.Parse(line[4..], CultureInfo.InvariantCulture)).ToList();
        ids.ShouldBe(Enumerable.Range(1, ids.Count).Select(number => (long)number));
        (await client.GetFromJsonAsync<JsonElement>($"/api/jobs/{job}")).GetProperty("samples").GetArrayLength().ShouldBe(Samples);
    }

    private static async Task CheckTrajectoriesAsync(string folder, IEnumerable<string> jobs)
    {
        var written = new List<string>();
        foreach (var run in Directory.GetDirectories(Path.Combine(folder, "runs")))
        {
            await foreach (var trajectory in new TrajectoryFolder(run).ReadAllAsync()) written.Add(trajectory.Id);
        }

        written.ShouldBeUnique();
        jobs.SelectMany(job => Enumerable.Range(0, Samples).Select(sample => $"{job}-{sample}")).Except(written).ShouldBeEmpty();
    }
}

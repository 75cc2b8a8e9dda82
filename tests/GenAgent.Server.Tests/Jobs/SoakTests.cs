using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using GenAgent.Server.Tests.Serving;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>The server as people start it, with the embedded models, under clients that never rest. GENAGENT_SOAK sets the seconds.</summary>
public sealed class SoakTests
{
    private const int Clients = 16;
    private const int Parts = 5;

    private static readonly string[] Prompts = ["two red circles", "a blue square left of a green star", "three yellow hearts", "a large purple triangle"];

    [Fact(Explicit = true)]
    public async Task Sixteen_clients_on_the_embedded_models_are_all_answered_and_memory_stays_level()
    {
        var length = TimeSpan.FromSeconds(
            int.TryParse(Environment.GetEnvironmentVariable("GENAGENT_SOAK"), CultureInfo.InvariantCulture, out var asked) ? asked : 300);
        using var own = new TemporaryFolder();
        var folder = own.Path;
        var port = FreePort.Find();

        // The cache of keys and values, 335 MiB at most by default, fills for minutes: a small one is full before the level is looked at.
        var server = await ServerProcess.StartWithAsync(folder, port, "--agent", "micro?memory=0.0625");
        try
        {
            using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(10) };
            var (times, memory, clock) = (new ConcurrentQueue<double>(), new List<long>(), Stopwatch.StartNew());
            var clients = Enumerable.Range(0, Clients).Select(one => Task.Run(async () =>
            {
                for (var number = one; clock.Elapsed < length; number++) times.Enqueue(await OneAsync(client, Prompts[number % Prompts.Length]));
            })).ToList();
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            while (clock.Elapsed < length && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken)) memory.Add(server.ResidentBytes);
            await Task.WhenAll(clients);

            var levels = memory.Chunk((memory.Count + Parts - 1) / Parts).Select(part => part.Order().ElementAt(part.Length / 2) >> 20).ToList();
            double[] sorted = [.. times.Order()];
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Clients} clients for {clock.Elapsed.TotalSeconds:0} s: {sorted.Length} images, {sorted.Length / clock.Elapsed.TotalSeconds:0.00} a second, "
                    + $"p50 {sorted[sorted.Length / 2]:0.0} s, p99 {sorted[sorted.Length * 99 / 100]:0.0} s; resident MiB by fifths of the time: "
                    + $"{string.Join(", ", levels)}; highest {memory.Max() >> 20}"));

            // The first fifth is for loading and warming up.
            ((double)levels[^1]).ShouldBeLessThan((levels[1] * 1.15) + 32);
            (await server.StopAsync()).ShouldBe(0);
        }
        finally
        {
            server.Dispose();
        }
    }

    private static async Task<double> OneAsync(HttpClient client, string prompt)
    {
        var start = Stopwatch.GetTimestamp();
        using var accepted = await client.PostAsJsonAsync("/api/jobs", new { prompt });
        var id = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        await client.GetStringAsync($"/api/jobs/{id}/events");
        var job = await client.GetFromJsonAsync<JsonElement>($"/api/jobs/{id}");
        job.GetProperty("state").GetString().ShouldBe("succeeded", job.GetRawText());
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

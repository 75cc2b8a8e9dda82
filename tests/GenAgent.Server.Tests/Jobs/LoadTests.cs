using System.Diagnostics;
using System.Globalization;
using GenAgent.Server.Tests.Serving;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>Many requests at once. GENAGENT_LOAD sets how many; the suite does a few.</summary>
public sealed class LoadTests
{
    [Fact]
    public async Task Of_many_requests_at_once_each_is_accepted_and_ends()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("GENAGENT_LOAD"), CultureInfo.InvariantCulture, out var asked) ? asked : 100;
        await using var server = await RunningServer.StartAsync();
        await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles" }));
        var clock = Stopwatch.StartNew();

        var ids = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => server.SubmitAsync(new { prompt = "two red circles" })));
        var accepted = clock.Elapsed;
        var jobs = await Task.WhenAll(ids.Select(server.EndAsync));

        ids.ShouldBeUnique();
        jobs.ShouldAllBe(job => job.GetProperty("state").GetString() == "succeeded");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{count} at once: accepted in {accepted.TotalSeconds:0.0} s, ended in {clock.Elapsed.TotalSeconds:0.0} s, {GC.GetTotalMemory(true) >> 20} MiB "
                + "managed");
    }

    [Fact(Explicit = true)]
    public async Task Overhead_at_a_hundred_requests_a_second()
    {
        // No workers: what is measured is the server's own part, from the request to its acceptance on the disk, and the page of jobs.
        await using var server = await RunningServer.StartAsync(["Server:Workers=0"]);
        var times = new List<double>();

        // The first requests of a process compile what they use.
        for (var number = 0; number < 100; number++) await OneAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"the first request of the process {times[0]:0.0} ms, the hundredth {times[^1]:0.0} ms");
        times.Clear();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var pending = new List<Task>();
        for (var number = 0; number < 2000 && await timer.WaitForNextTickAsync(); number++) pending.Add(OneAsync());
        await Task.WhenAll(pending);

        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{times.Count} requests: p50 {times[times.Count / 2]:0.0} ms, p90 {times[times.Count * 9 / 10]:0.0} ms, "
                + $"p99 {times[times.Count * 99 / 100]:0.0} ms");
        times.Count.ShouldBe(2000);

        // Only where nothing else runs does the time say something of the server.
        if (Environment.GetEnvironmentVariable("GENAGENT_TIMES") is { Length: > 0 }) times[times.Count * 99 / 100].ShouldBeLessThan(20);

        async Task OneAsync()
        {
            var start = Stopwatch.GetTimestamp();
            await server.SubmitAsync(new { prompt = "two red circles" });
            var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            lock (times) times.Add(took);
        }
    }
}

using System.Net;
using System.Text.Json;
using GenAgent.Server.Tests.Serving;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>Jobs as a client sees them.</summary>
public sealed class JobTests
{
    [Fact]
    public async Task A_job_ends_with_an_image_for_each_sample_and_a_trajectory_that_can_be_found()
    {
        await using var server = await RunningServer.StartAsync();

        var job = await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles", count = 3 }));

        job.GetProperty("state").GetString().ShouldBe("succeeded");
        var samples = job.GetProperty("samples").EnumerateArray().ToList();
        samples.Count.ShouldBe(3);
        samples.Select(sample => sample.GetProperty("trajectory").GetString()).ShouldBeUnique();
        foreach (var sample in samples)
        {
            var png = await server.Client.GetByteArrayAsync(sample.GetProperty("image").GetString());
            png[..4].ShouldBe([0x89, (byte)'P', (byte)'N', (byte)'G']);
        }
    }

    [Fact]
    public async Task Events_have_numbers_without_gaps_and_end_with_the_state()
    {
        await using var server = await RunningServer.StartAsync();

        var events = await server.EventsAsync(await server.SubmitAsync(new { prompt = "two red circles" }));

        events.Select(happened => happened.Id).ShouldBe(Enumerable.Range(1, events.Count).Select(number => (long)number));
        events[0].Data.GetProperty("state").GetString().ShouldBe("queued");
        events[^1].Kind.ShouldBe("job.state");
        events[^1].Data.GetProperty("state").GetString().ShouldBe("succeeded");
        events.Select(happened => happened.Kind).ShouldContain("run_completed");
        events.First(happened => happened.Kind == "image").Data.GetProperty("image").GetProperty("url").GetString().ShouldStartWith("/api/images/");
    }

    [Fact]
    public async Task A_reader_that_comes_again_gets_the_events_that_it_has_not_seen()
    {
        await using var server = await RunningServer.StartAsync();
        var job = await server.SubmitAsync(new { prompt = "two red circles" });
        var all = await server.EventsAsync(job);

        var rest = await server.EventsAsync(job, after: all[2].Id);

        rest.Select(happened => happened.Id).ShouldBe(all.Skip(3).Select(happened => happened.Id));
        (await server.EventsAsync(job, after: all[^1].Id)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_request_that_is_sent_again_with_its_key_finds_its_job_and_another_one_is_refused()
    {
        await using var server = await RunningServer.StartAsync();
        var first = await server.SubmitAsync(new { prompt = "two red circles" }, "key-1");

        (await server.SubmitAsync(new { prompt = "two red circles" }, "key-1")).ShouldBe(first);

        using var other = new HttpRequestMessage(
            HttpMethod.Post, "/api/jobs") { Content = System.Net.Http.Json.JsonContent.Create(new { prompt = "a blue square" }) };
        other.Headers.Add("Idempotency-Key", "key-1");
        (await server.Client.SendAsync(other)).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_job_that_waits_is_cancelled_at_once()
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=0"]);
        var job = await server.SubmitAsync(new { prompt = "two red circles" });

        using var cancelled = await server.Client.PostAsync($"/api/jobs/{job}/cancel", null);

        JsonDocument.Parse(await cancelled.Content.ReadAsStringAsync()).RootElement.GetProperty("state").GetString().ShouldBe("cancelled");
        (await server.EventsAsync(job))[^1].Data.GetProperty("state").GetString().ShouldBe("cancelled");
    }

    [Fact]
    public async Task The_same_seed_makes_the_same_image()
    {
        await using var server = await RunningServer.StartAsync();
        var jobs = new List<JsonElement>();
        foreach (var seed in (long[])[5, 5]) jobs.Add(await server.EndAsync(await server.SubmitAsync(new { prompt = "three green stars", seed })));

        jobs[0].GetProperty("samples")[0].GetProperty("image").GetString().ShouldBe(jobs[1].GetProperty("samples")[0].GetProperty("image").GetString());
        jobs[0].GetProperty("samples")[0].GetProperty("trajectory").GetString().ShouldNotBe(
            jobs[1].GetProperty("samples")[0].GetProperty("trajectory").GetString());
    }

    [Fact]
    public async Task Jobs_are_listed_newest_first_page_by_page()
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=0"]);
        var ids = new List<string>();
        for (var number = 0; number < 5; number++) ids.Add(await server.SubmitAsync(new { prompt = $"circle {number}" }));

        var first = await server.GetAsync("/api/jobs?limit=3");
        var second = await server.GetAsync($"/api/jobs?limit=3&cursor={first.GetProperty("next").GetString()}");

        first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray())
            .Select(job => job.GetProperty("id").GetString()).ShouldBe(ids.AsEnumerable().Reverse());
        second.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
    }
}

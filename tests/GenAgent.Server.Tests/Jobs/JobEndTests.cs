using System.Text.Json;
using GenAgent.Server.Storage;
using GenAgent.Server.Tests.Serving;
using GenAgent.Trajectories;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>Jobs that do not end by themselves, or end early, and what is left of them.</summary>
public sealed class JobEndTests
{
    private static readonly string[] Hanging = ["Server:Generators:hanging=hanging", "Server:StopSeconds=0"];

    [Fact]
    public async Task A_backend_that_hangs_ends_at_the_job_s_deadline_and_holds_no_other_job()
    {
        await using var server = await RunningServer.StartAsync([.. Hanging, "Server:Workers=1"], backends: HangingBackend.AddTo);
        var hung = await server.SubmitAsync(new { prompt = "two red circles", generator = "hanging", deadline = 0.5 });
        var other = await server.SubmitAsync(new { prompt = "two red circles" });

        var job = await server.EndAsync(hung);

        job.GetProperty("state").GetString().ShouldBe("failed");
        job.GetProperty("error").GetString()!.ShouldContain("did not end within 0.5 seconds");
        (await server.EndAsync(other)).GetProperty("state").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task A_job_that_runs_is_cancelled()
    {
        await using var server = await RunningServer.StartAsync(Hanging, backends: HangingBackend.AddTo);
        var id = await server.SubmitAsync(new { prompt = "two red circles", generator = "hanging" });
        using (var request = await server.Client.GetAsync($"/api/jobs/{id}/events", HttpCompletionOption.ResponseHeadersRead))
        {
            using var reader = new StreamReader(await request.Content.ReadAsStreamAsync());
            while (await reader.ReadLineAsync() is { } line && !line.Contains("\"running\"", StringComparison.Ordinal)) Assert.NotNull(line);
        }

        using var cancelled = await server.Client.PostAsync($"/api/jobs/{id}/cancel", null);

        (await server.EndAsync(id)).GetProperty("state").GetString().ShouldBe("cancelled");
    }

    [Fact]
    public async Task A_job_under_way_is_queued_again_when_the_server_stops_and_runs_on_at_the_next_start()
    {
        var folder = Directory.CreateTempSubdirectory("genagent-server-").FullName;
        try
        {
            string id;
            await using (var server = await RunningServer.StartAsync(["Server:Generators:other=hanging", "Server:StopSeconds=0"], folder, HangingBackend.AddTo))
            {
                id = await server.SubmitAsync(new { prompt = "two red circles", generator = "other" });
                using var stream = await server.Client.GetAsync($"/api/jobs/{id}/events", HttpCompletionOption.ResponseHeadersRead);
                using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
                while (await reader.ReadLineAsync() is { } line && !line.Contains("\"running\"", StringComparison.Ordinal)) Assert.NotNull(line);
            }

            await using var next = await RunningServer.StartAsync(["Server:Generators:other=canvas"], folder);
            var states = (await next.EventsAsync(id)).Where(happened => happened.Kind == "job.state")
                .Select(happened => happened.Data.GetProperty("state").GetString());

            states.ShouldBe(["queued", "running", "queued", "running", "succeeded"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_run_goes_on_from_a_turn_with_the_turns_before_it_unchanged()
    {
        await using var server = await RunningServer.StartAsync(["Backends:Generator=canvas?drop=1"]);
        var first = (await server.EndAsync(
            await server.SubmitAsync(new { prompt = "two red circles and a blue square", rounds = 3 }))).GetProperty("samples")[0].GetProperty(
                "trajectory").GetString();
        var before = (await server.GetAsync($"/api/trajectories/{first}")).GetProperty("turns");
        before.GetArrayLength().ShouldBeGreaterThan(2);

        using var accepted = await server.PostAsync($"/api/trajectories/{first}/rerun", new { turn = 1, seed = 99 });
        var job = JsonDocument.Parse(await accepted.Content.ReadAsStringAsync()).RootElement;
        var second = (await server.EndAsync(job.GetProperty("id").GetString()!)).GetProperty("samples")[0].GetProperty("trajectory").GetString();

        var after = (await server.GetAsync($"/api/trajectories/{second}")).GetProperty("turns");
        after[0].GetProperty("thought").GetString().ShouldBe(before[0].GetProperty("thought").GetString());
        after[0].GetProperty("images")[0].GetProperty("id").GetString().ShouldBe(before[0].GetProperty("images")[0].GetProperty("id").GetString());
        after[1].GetProperty("images")[0].GetProperty("seed").GetInt64().ShouldNotBe(before[1].GetProperty("images")[0].GetProperty("seed").GetInt64());
        (await server.PostAsync($"/api/trajectories/{first}/rerun", new { turn = 99 })).StatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_oldest_days_are_deleted_when_the_folder_takes_too_much_room()
    {
        await using var server = await RunningServer.StartAsync(["Server:DiskGigabytes=0.001"]);
        var runs = Path.Combine(server.Folder, "runs");
        foreach (var day in (string[])["20200101-1", "20200102-1"])
        {
            Directory.CreateDirectory(Path.Combine(runs, day));
            await File.WriteAllBytesAsync(Path.Combine(runs, day, TrajectoryFolder.FileName), new byte[800_000]);
        }

        await server.Services.GetRequiredService<Retention>().RunOnceAsync(TestContext.Current.CancellationToken);

        Directory.Exists(Path.Combine(runs, "20200101-1")).ShouldBeFalse();
        Directory.Exists(Path.Combine(runs, "20200102-1")).ShouldBeTrue();
    }
}

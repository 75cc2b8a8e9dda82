using System.Net;
using GenAgent.Server.Jobs;
using GenAgent.Server.Security;
using GenAgent.Server.Storage;
using GenAgent.Server.Tests.Serving;
using GenAgent.Trajectories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>What is deleted, and what a full disk refuses.</summary>
public sealed class RetentionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Finished_jobs_their_events_and_old_days_are_deleted_after_their_time_and_waiting_jobs_and_today_stay()
    {
        await using var server = await RunningServer.StartAsync();
        var ended = await server.SubmitAsync(new { prompt = "two red circles" });
        await server.EndAsync(ended);
        var table = server.Services.GetRequiredService<JobTable>();
        var old = Directory.CreateDirectory(Path.Combine(server.Folder, "runs", "20200101-1")).FullName;
        await File.WriteAllTextAsync(Path.Combine(old, TrajectoryFolder.FileName), string.Empty, Cancellation);

        using (var soon = Retention(days: 2)) await soon.RunOnceAsync(Cancellation);
        (await table.FindAsync(ended, Cancellation)).ShouldNotBeNull();
        Directory.Exists(old).ShouldBeFalse();

        using (var later = Retention(days: 3, TimeSpan.FromDays(3.5))) await later.RunOnceAsync(Cancellation);
        (await table.FindAsync(ended, Cancellation)).ShouldBeNull();
        (await table.EventsAsync(ended, 0, 10, Cancellation)).ShouldBeEmpty();
        (await server.Services.GetRequiredService<AuditLog>().ListAsync(10, Cancellation)).ShouldBeEmpty();
        (await server.Client.GetAsync($"/api/jobs/{ended}", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        // Written to by this server, and so kept, whatever its date says.
        Directory.GetDirectories(Path.Combine(server.Folder, "runs")).ShouldHaveSingleItem();
        (await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles" }))).GetProperty("state").GetString().ShouldBe("succeeded");

        Retention Retention(int days, TimeSpan later = default) => new(
            new() { RetentionDays = days, Data = server.Folder }, table, server.Services.GetRequiredService<DataFolder>(),
            new FakeTimeProvider(TimeProvider.System.GetUtcNow() + later), NullLogger<Retention>.Instance);
    }

    [Fact]
    public async Task A_disk_that_is_nearly_full_refuses_jobs_and_says_that_the_server_is_not_ready()
    {
        const int All = 1_000_000;
        await using var server = await RunningServer.StartAsync([$"Server:FreeMegabytes={All}"]);
        if (server.Services.GetRequiredService<DataFolder>().FreeMegabytes >= All) Assert.Skip("This disk has more room than the limit can say.");

        using var answer = await server.PostAsync("/api/jobs", new { prompt = "two red circles" });

        ((int)answer.StatusCode).ShouldBe(507);
        answer.Headers.RetryAfter.ShouldNotBeNull();
        (await server.Client.GetAsync("/health/ready", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await server.Client.GetAsync("/health/live", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.Client.GetAsync("/api/trajectories", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}

using GenAgent.Server.Jobs;
using GenAgent.Server.Tests.Serving;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>Which job is next.</summary>
public sealed class QueueTests
{
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Higher_priorities_are_first_and_equal_ones_run_in_the_order_of_their_submission()
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=0"]);
        var ids = new List<string>();
        foreach (var priority in (int[])[0, -5, 10, 0, 10]) ids.Add(await server.SubmitAsync(new { prompt = "two red circles", priority }));

        var taken = new List<string>();
        for (var number = 0; number < ids.Count; number++) taken.Add((await ClaimAsync(server, most: 100))!.Job.Id);

        taken.ShouldBe([ids[2], ids[4], ids[0], ids[3], ids[1]]);
        (await ClaimAsync(server, most: 100)).ShouldBeNull();
    }

    [Fact]
    public async Task A_key_that_runs_as_many_jobs_as_it_may_is_passed_over_until_one_ends()
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=0"]);
        var jobs = server.Services.GetRequiredService<IJobs>();
        var first = await jobs.SubmitAsync(new("one") { Owner = "a", Priority = 100 }, Cancellation);
        var second = await jobs.SubmitAsync(new("two") { Owner = "a", Priority = 100 }, Cancellation);
        var other = await jobs.SubmitAsync(new("three") { Owner = "b" }, Cancellation);

        var running = (await ClaimAsync(server, most: 1))!;
        running.Job.Id.ShouldBe(first.Id);
        (await ClaimAsync(server, most: 1))!.Job.Id.ShouldBe(other.Id);
        (await ClaimAsync(server, most: 1)).ShouldBeNull();

        var table = server.Services.GetRequiredService<JobTable>();
        var last = JobEvents.OfState(running.Last + 1, JobState.Succeeded);
        (await table.FinishAsync(first.Id, running.Lease, JobState.Succeeded, null, [], last, Cancellation)).ShouldBeTrue();
        (await ClaimAsync(server, most: 1))!.Job.Id.ShouldBe(second.Id);
    }

    [Fact]
    public async Task Who_lost_the_lease_changes_nothing_any_more()
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=0"]);
        var id = await server.SubmitAsync(new { prompt = "two red circles" });
        var table = server.Services.GetRequiredService<JobTable>();
        var lost = (await table.ClaimAsync("first", TimeSpan.FromMilliseconds(-1), 100, Cancellation))!;
        var held = (await table.ClaimAsync("second", Term, 100, Cancellation))!;

        held.Job.Id.ShouldBe(id);
        held.Job.Attempts.ShouldBe(2);
        (await table.AppendAsync(id, lost.Lease, [], 7, Term, Cancellation)).ShouldBeNull();
        (await table.FinishAsync(id, lost.Lease, JobState.Failed, "late", [], JobEvents.OfState(7, JobState.Failed), Cancellation)).ShouldBeFalse();
        (await table.RequeueAsync(id, lost.Lease, JobEvents.OfState(7, JobState.Queued), Cancellation)).ShouldBeFalse();
        (await table.FindAsync(id, Cancellation))!.State.ShouldBe(JobState.Running);
    }

    [Fact]
    public async Task A_key_s_waiting_jobs_are_limited_and_other_keys_are_not_held_up()
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=0", "Server:QueuePerKey=1"]);
        var jobs = server.Services.GetRequiredService<IJobs>();
        await jobs.SubmitAsync(new("one") { Owner = "a" }, Cancellation);

        (await Should.ThrowAsync<RefusedException>(() => jobs.SubmitAsync(new("two") { Owner = "a" }, Cancellation))).Status.ShouldBe(429);
        (await jobs.SubmitAsync(new("three") { Owner = "b" }, Cancellation)).State.ShouldBe(JobState.Queued);
    }

    private static Task<ClaimedJob?> ClaimAsync(RunningServer server, int most) =>
        server.Services.GetRequiredService<JobTable>().ClaimAsync(Guid.NewGuid().ToString("N"), Term, most, Cancellation);
}

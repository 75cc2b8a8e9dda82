using GenAgent.Generators;
using GenAgent.Generators.A1111;
using GenAgent.Tests.Models.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Generators.A1111;

/// <summary>The server's interrupt stops whatever runs: it must be called for our own job, and never for another client's.</summary>
public class A1111CancellationTests
{
    private static A1111ImageGenerator Generator(FakeA1111 fake) => new(
        new A1111Options { Endpoint = fake.Server.Url, Http = new() { MaxRetries = 2, RetryDelay = TimeSpan.FromMilliseconds(10) } },
        timeProvider: new ScriptedTime(wait => wait < TimeSpan.FromSeconds(1)));

    private static async Task CancelOnceItHasArrivedAsync(FakeA1111 fake, Action? then = null)
    {
        using var stop = new CancellationTokenSource();
        using var generator = Generator(fake);
        var request = generator.GenerateImagesAsync("p", options: null, stop.Token);
        await fake.Arrived;
        then?.Invoke();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => request);
    }

    private static bool IsOurs(string task) => task.StartsWith("task(genagent-", StringComparison.Ordinal);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_job_of_ours_that_runs_is_interrupted(bool tellsTasks)
    {
        await using var fake = await FakeA1111.StartAsync(tellsTasks ? FakeA1111.New() : FakeA1111.Old());

        await CancelOnceItHasArrivedAsync(fake);

        IsOurs(fake.Interrupted.ShouldHaveSingleItem()).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_job_of_ours_that_waits_behind_another_clients_is_given_up_and_the_other_left_alone(bool tellsTasks)
    {
        await using var fake = await FakeA1111.StartAsync(tellsTasks ? FakeA1111.New() : FakeA1111.Old());
        fake.AddForeign("scripts_txt2img");

        await CancelOnceItHasArrivedAsync(fake);

        fake.Interrupted.ShouldBeEmpty();
        fake.Server.Requests.ShouldNotContain(seen => seen.Path.EndsWith("interrupt"));
    }

    [Fact]
    public async Task A_server_that_names_tasks_is_believed_over_what_was_seen_before()
    {
        // Another client is quicker than our request, though the server was idle when we looked.
        await using var quicker = await FakeA1111.StartAsync(FakeA1111.New(server => server.AddForeign("scripts_txt2img")));
        await CancelOnceItHasArrivedAsync(quicker);
        quicker.Interrupted.ShouldBeEmpty();

        // The server was at work when we looked, but our turn has come since.
        await using var later = await FakeA1111.StartAsync(FakeA1111.New());
        later.AddForeign("scripts_txt2img");
        await CancelOnceItHasArrivedAsync(later, later.EndRunning);
        IsOurs(later.Interrupted.ShouldHaveSingleItem()).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_names_a_task_of_the_servers_page_is_not_taken_for_ours()
    {
        await using var fake = await FakeA1111.StartAsync(FakeA1111.Old(server => server.AddForeign("task(abc123)")));

        await CancelOnceItHasArrivedAsync(fake);

        fake.Interrupted.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_without_progress_and_interrupt_is_given_up_without_a_word()
    {
        await using var fake = await FakeA1111.StartAsync(FakeA1111.SdServer());

        await CancelOnceItHasArrivedAsync(fake);

        fake.Server.Requests.ShouldNotContain(seen => seen.Path.EndsWith("interrupt"));
    }

    [Fact]
    public async Task A_job_that_waits_behind_another_clients_is_queued_and_does_not_show_the_others_progress()
    {
        await using var fake = await FakeA1111.StartAsync(FakeA1111.New());
        fake.AddForeign("scripts_txt2img");
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var progress = new SeenProgress(report =>
        {
            if (report.Stage == "queued" && told.TrySetResult())
            {
                fake.EndRunning();
            }
            else if (report.Stage == "sampling" && report.Fraction > 0)
            {
                fake.EndRunning();
            }
        });
        using var generator = Generator(fake);

        await generator.GenerateImagesAsync("p", new ImageGenerationOptions().WithProgress(progress));

        progress.Reports[0].ShouldBe(new ImageProgress(0, "queued"));
        progress.Reports.ShouldContain(report => report.Stage == "sampling" && report.Fraction == 0.5);
    }
}

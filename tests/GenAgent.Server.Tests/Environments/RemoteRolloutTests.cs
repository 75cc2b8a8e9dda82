using System.Net;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using GenAgent.Models;
using GenAgent.Server.Environments;
using GenAgent.Server.Tests.Serving;

namespace GenAgent.Server.Tests.Environments;

/// <summary>The agent's loop on the queue of another trainer's server.</summary>
public sealed class RemoteRolloutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<RemoteOutcome> _outcomes = [];
    private readonly List<string> _notices = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_queue_is_worked_on_and_a_task_that_cannot_be_read_does_not_keep_the_others_waiting()
    {
        await using var server = await StubTaskServer.StartAsync();
        server.Queue["0"] = """{"rollout_id":"0","input":"half \ud83d"}""";
        server.Queue["1"] = """{"rollout_id":"1","rollout_id":"1","input":"twice"}""";
        server.Add("2");
        server.Add("3");

        (await RunAsync(server)).ShouldBe(0, string.Join('\n', _outcomes));

        server.Closed.OrderBy(one => one.Key).ShouldBe([KeyValuePair.Create("2", "succeeded"), KeyValuePair.Create("3", "succeeded")]);
        server.Rewards.Values.ShouldBe([0.7, 0.7]);
        _outcomes.Select(outcome => outcome.Excluded).ShouldAllBe(why => why == null);
    }

    [Fact]
    public async Task A_claim_that_the_server_refuses_is_told_and_no_silent_loop()
    {
        await using var server = await StubTaskServer.StartAsync();
        server.Add("1");
        server.Claim = _ => HttpStatusCode.Forbidden;

        (await Should.ThrowAsync<BackendUnavailableException>(() => RunAsync(server))).Message.ShouldContain("status 403");

        using var stop = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => RunAsync(server, once: false, stop: stop));
        _notices.ShouldHaveSingleItem().ShouldContain("status 403");
    }

    [Fact]
    public async Task A_claim_that_another_runner_won_is_passed_over()
    {
        await using var server = await StubTaskServer.StartAsync();
        server.Add("1");
        server.Add("2");
        server.Claim = id =>
        {
            if (id is not "1") return HttpStatusCode.OK;
            server.Queue.TryRemove("1", out _);
            return HttpStatusCode.Conflict;
        };

        (await RunAsync(server)).ShouldBe(0);

        server.Closed.Keys.ShouldBe(["2"]);
    }

    [Fact]
    public async Task A_claim_that_fails_leaves_what_runs_to_its_end()
    {
        await using var server = await StubTaskServer.StartAsync();
        server.Add("1");
        server.Add("2");
        server.Claim = id => id is "1" ? HttpStatusCode.OK : HttpStatusCode.InternalServerError;

        await Should.ThrowAsync<BackendUnavailableException>(() => RunAsync(server));

        server.Closed["1"].ShouldBe("succeeded");
        _outcomes.ShouldHaveSingleItem().Reward.ShouldBe(0.7);
    }

    [Fact]
    public async Task A_rollout_that_fails_in_any_way_is_closed_as_failed_and_the_others_go_on()
    {
        await using var server = await StubTaskServer.StartAsync();
        server.Add("1", "a broken circle");
        server.Add("2");

        (await RunAsync(server, judge: "brittle")).ShouldBe(1);

        server.Closed.OrderBy(one => one.Key).ShouldBe([KeyValuePair.Create("1", "failed"), KeyValuePair.Create("2", "succeeded")]);
        _outcomes.Single(outcome => outcome.Rollout == "1").Excluded.ShouldBe("the judge is broken");
    }

    private async Task<int> RunAsync(StubTaskServer server, bool once = true, string judge = "verifier", CancellationTokenSource? stop = null)
    {
        var host = HostOfTests.In(_folder.Path, registry => registry.AddJudge(
            new("brittle", BackendForm.NameOnly, "brittle", "breaks"), (_, _) => new(new BrittleJudge())));
        string[] values =
        [
            "Server:Data=.", "Backends:Generator=canvas?drop=0&merge=0&recolor=0", $"Backends:Judge={judge}", $"Rollouts:Server={server.Address}",
            "Rollouts:PollSeconds=0.1",
        ];
        var run = GenAgentRollouts.RunAsync(
            host, Settings.Read(host, null, [.. values.Select(FlagValue.FromSetting)]), prompt: null, once, _outcomes.Add,
            notice =>
            {
                _notices.Add(notice);
                stop?.Cancel();
            },
            loggerFactory: null, stop?.Token ?? TestContext.Current.CancellationToken);
        await Until.EndsAsync(run, "the runner has worked off the queue");
        return await run;
    }

    private sealed class BrittleJudge : IJudge
    {
        public string Name => "brittle";

        public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default) =>
            request.Prompt.Contains("broken", StringComparison.Ordinal)
                ? throw new InvalidDataException("the judge is broken")
                : new(new Score("brittle", 1, true, "fine"));
    }
}

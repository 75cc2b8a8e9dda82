using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>The agent makes rollouts for a trainer behind agent-lightning's server, as processes beside stub servers.</summary>
public sealed class RolloutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_runners_share_a_queue_and_each_task_is_run_rewarded_and_closed_once()
    {
        using var trainer = await FakeServer.StartAsync("trainer");
        using var painter = await FakeServer.StartAsync("comfyui");
        using var chat = await FakeServer.StartAsync("chat");
        using var queue = new TrainerQueue(trainer);
        await queue.EnqueueAsync(Enumerable.Range(0, 10).Select(one => new
        {
            rollout_id = $"r{one}", input = new { prompt = $"a red cat number {one}", data_id = $"d{one}", category = "cats" }, is_train = one % 2 == 0,
        }));

        using var one = Start("one", trainer, painter, chat);
        using var other = Start("other", trainer, painter, chat);
        (await one.WaitAsync()).ShouldBe(0, one.Errors);
        (await other.WaitAsync()).ShouldBe(0, other.Errors);

        var rollouts = await queue.RolloutsAsync();
        rollouts.Count.ShouldBe(10);
        rollouts.ShouldAllBe(rollout => TrainerQueue.StateOf(rollout) == "succeeded");
        foreach (var rollout in rollouts)
        {
            var id = rollout["rollout_id"]!.GetValue<string>();
            var reward = (await queue.EventsAsync(id, "reward")).ShouldHaveSingleItem();
            reward["data"]!["value"]!.GetValue<double>().ShouldBe(0.7);

            // The fake agent calls, looks, calls again, looks, and answers: the trainer's model was shown both images.
            var calls = await queue.EventsAsync(id, "model_request");
            calls.Count.ShouldBe(3);
            calls.ShouldAllBe(call => call["attempt_id"]!.GetValue<string>() == "0");
            calls[^1]["data"]!["request"]!["messages"]!.ToJsonString().Split("data:image/png;base64,").Length.ShouldBe(3);
        }

        var lines = (one.Output + other.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        lines.Select(line => line.GetProperty("rollout").GetString()).Order().ShouldBe(Enumerable.Range(0, 10).Select(each => $"r{each}"));
        var kept = new List<Trajectory>();
        foreach (var runner in new[] { "one", "other" })
        {
            await foreach (var trajectory in new TrajectoryFolder(_folder[$"{runner}/rollouts"]).ReadAllAsync(null, TestContext.Current.CancellationToken))
                kept.Add(trajectory);
        }

        kept.Count.ShouldBe(10);
        kept.ShouldAllBe(trajectory => trajectory.Rewards!["total"] == 0.7 && trajectory.Task!.Category == "cats");
        Directory.EnumerateFiles(_folder.Path, "*.jsonl", SearchOption.AllDirectories).ShouldAllBe(file => !File.ReadAllText(file).Contains(TrainerQueue.Key));
    }

    [Fact]
    public async Task A_task_that_the_policy_can_do_nothing_about_is_closed_as_failed_and_gets_no_reward()
    {
        using var trainer = await FakeServer.StartAsync("trainer");
        using var chat = await FakeServer.StartAsync("chat");
        using var queue = new TrainerQueue(trainer);
        await queue.EnqueueAsync(
            [new { rollout_id = "no-prompt", input = (object)new { question = "?" } }, new { rollout_id = "no-painter", input = (object)"a red cat" }]);

        using var runner = CliProcess.StartIn(
            _folder.Path, $"export AGL_KEY={TrainerQueue.Key};", string.Empty, "rollout", "--server", trainer.Address, "--once", "--data", "data",
            "--generator", "comfyui:http://127.0.0.1:9", "--judge", $"openai:fake-vl@{chat.Address}/v1", "--set", "Http:MaxRetries=0");

        ((ExitCode)await runner.WaitAsync()).ShouldBe(ExitCode.Partial, runner.Errors);
        foreach (var rollout in await queue.RolloutsAsync())
        {
            TrainerQueue.StateOf(rollout).ShouldBe("failed");
            rollout["status"]!["error_message"]!.GetValue<string>().ShouldNotBeEmpty();
            (await queue.EventsAsync(rollout["rollout_id"]!.GetValue<string>(), "reward")).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task One_task_is_run_where_the_controller_sets_the_variables()
    {
        using var trainer = await FakeServer.StartAsync("trainer");
        using var painter = await FakeServer.StartAsync("comfyui");
        using var chat = await FakeServer.StartAsync("chat");
        using var queue = new TrainerQueue(trainer);
        await queue.EnqueueAsync([new { rollout_id = "r1", input = "x" }]);

        using var runner = CliProcess.StartIn(
            _folder.Path,
            $"export AGL_KEY={TrainerQueue.Key} AGL_OPENAI_BASE_URL={trainer.Address}/proxy/rollout/r1/attempt/7/mode/val/openai/v1 "
                + $"AGL_EVENT_URL={trainer.Address}/api/rollouts/r1/attempt/7/events;",
            string.Empty, ["rollout", "a red cat", .. Backends(painter, chat)]);

        (await runner.WaitAsync()).ShouldBe(0, runner.Errors);
        var reward = (await queue.EventsAsync("r1", "reward")).ShouldHaveSingleItem();
        (reward["attempt_id"]!.GetValue<string>(), reward["data"]!["value"]!.GetValue<double>()).ShouldBe(("7", 0.7));
    }

    [Fact]
    public async Task A_wrong_key_and_a_missing_judge_are_told()
    {
        using var trainer = await FakeServer.StartAsync("trainer");
        using var refused = CliProcess.Start(_folder.Path, ["rollout", "--server", trainer.Address, "--once", "--generator", "canvas", "--judge", "verifier"]);
        ((ExitCode)await refused.WaitAsync()).ShouldBe(ExitCode.Backend, refused.Errors);
        refused.Errors.ShouldContain("status 401");

        using var unjudged = CliProcess.Start(_folder.Path, ["rollout", "--server", trainer.Address, "--once", "--generator", "canvas"]);
        ((ExitCode)await unjudged.WaitAsync()).ShouldBe(ExitCode.Usage);
        unjudged.Errors.ShouldContain("--judge");
    }

    private static string[] Backends(FakeServer painter, FakeServer chat) =>
        ["--generator", $"comfyui:{painter.Address}?workflow=flux1-dev", "--judge", $"openai:fake-vl@{chat.Address}/v1"];

    private CliProcess Start(string data, FakeServer trainer, FakeServer painter, FakeServer chat) => CliProcess.StartIn(
        _folder.Path, $"export AGL_KEY={TrainerQueue.Key};", string.Empty,
        ["rollout", "--server", trainer.Address, "--once", "--jobs", "3", "--data", data, "--set", "Rollouts:PollSeconds=0.2", .. Backends(painter, chat)]);
}

using System.Runtime.InteropServices;
using GenAgent.Torch.Safetensors;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>Reinforcement learning by the command line, whose rollouts are sampled by engines that are processes.</summary>
public sealed class TrainOnEngineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vllm", 0)]
    [InlineData("vllm", 4)]
    [InlineData("sglang", 0)]
    public async Task A_run_on_two_replicas_has_the_rollouts_and_weights_of_the_run_in_this_process(string engine, int loraRank)
    {
        using var first = await FakeServer.StartEngineAsync(engine);
        using var second = await FakeServer.StartEngineAsync(engine);

        var here = await TrainAsync("here", loraRank);
        var there = await TrainAsync("there", loraRank, "--set", $"engine={engine}:policy@{first.Address},{second.Address}");

        there.Rollouts.Select(run => run.Id).ShouldBe(here.Rollouts.Select(run => run.Id));
        foreach (var (run, same) in there.Rollouts.Zip(here.Rollouts))
        {
            run.Trace!.Ids.ShouldBe(same.Trace!.Ids, run.Id);
            run.Trace.LogProbs.Zip(same.Trace.LogProbs, (one, other) => Math.Abs(one - other)).Max().ShouldBeLessThan(1e-4f);
            var expected = run.Id.StartsWith("step-0/", StringComparison.Ordinal) ? "0" : "1";
            run.Trace.Turns.ShouldAllBe(turn => turn.PolicyVersion == expected);
        }

        there.Weights.Zip(here.Weights, (one, other) => Math.Abs(one - other)).Max().ShouldBeLessThan(1e-4f);
        Directory.EnumerateDirectories(Path.Combine(_folder.Path, "there", "engine-weights")).Select(path => Path.GetFileName(path)).ShouldBe(["step-0000001"]);
    }

    [Fact]
    public async Task Rollouts_that_workers_sample_from_the_engine_are_those_of_the_run_by_itself()
    {
        using var server = await FakeServer.StartEngineAsync("vllm");
        var engine = $"vllm:policy@{server.Address}";
        var alone = await TrainAsync("alone", 0, "--set", $"engine={engine}");
        string[] worker = ["worker", "--database", "board", "--jobs", "2", "--allow", engine];
        using var first = CliProcess.Start(_folder.Path, worker);
        using var second = CliProcess.Start(_folder.Path, worker);

        var shared = await TrainAsync("shared", 0, "--set", $"engine={engine}", "--share", "board");

        foreach (var process in new[] { first, second }) process.Signal("TERM");
        foreach (var process in new[] { first, second }) (await process.WaitAsync()).ShouldBe(0, process.Errors);
        shared.Rollouts.Select(run => run.Id).ShouldBe(alone.Rollouts.Select(run => run.Id));
        foreach (var (run, same) in shared.Rollouts.Zip(alone.Rollouts)) run.Trace!.Ids.ShouldBe(same.Trace!.Ids, run.Id);
        shared.Weights.Zip(alone.Weights, (one, other) => Math.Abs(one - other)).Max().ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public async Task A_run_that_is_killed_while_a_replica_loads_weights_ends_as_an_undisturbed_one_when_it_is_started_again()
    {
        using var first = await FakeServer.StartEngineAsync("vllm");
        using var second = await FakeServer.StartEngineAsync("vllm");
        string[] engine = ["--set", $"engine=vllm:policy@{first.Address},{second.Address}"];
        using var http = new HttpClient();
        await second.SetFaultAsync("HangUpdate", 1);
        WriteRecipe(0);
        using (var killed = CliProcess.Start(_folder.Path, ["train", "rl", "rl.json", "--out", "there", .. engine]))
        {
            (await http.GetAsync(new Uri(new Uri(second.Address), "/stub/hanging"))).Dispose();
            killed.Signal("KILL");
            await killed.WaitAsync();
        }

        var there = await TrainAsync("there", 0, ["--resume", .. engine]);
        var here = await TrainAsync("here", 0);

        there.Rollouts.Select(run => run.Trace!.Ids.Count).ShouldBe(here.Rollouts.Select(run => run.Trace!.Ids.Count));
        there.Weights.Zip(here.Weights, (one, other) => Math.Abs(one - other)).Max().ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public async Task A_dry_run_opens_the_engine_and_tells_what_is_wrong_with_it()
    {
        using var engine = await FakeServer.StartEngineAsync("vllm");

        (await DryRunAsync($"vllm:policy@{engine.Address}")).ShouldContain($"engine: vllm:policy@{engine.Address}, which reads weights from ");
        (await DryRunAsync("vllm:policy@http://127.0.0.1:9")).ShouldContain("http://127.0.0.1:9");
        (await DryRunAsync($"openai:policy@{engine.Address}/v1"))
            .ShouldContain("rollouts are sampled by vllm:NAME@ADDRESS or sglang:NAME@ADDRESS");
        (await DryRunAsync($"vllm:policy@{engine.Address}?adapter=mine")).ShouldContain("all weights are trained (grpo.loraRank is 0)");
    }

    private async Task<string> DryRunAsync(string engine)
    {
        WriteRecipe(0);
        using var genagent = CliProcess.Start(_folder.Path, ["train", "rl", "rl.json", "--dry-run", "--set", $"engine={engine}"]);
        await genagent.WaitAsync();
        return genagent.Output + genagent.Errors;
    }

    private async Task<(List<Trajectory> Rollouts, float[] Weights)> TrainAsync(string run, int loraRank, params string[] more)
    {
        WriteRecipe(loraRank);
        using var genagent = CliProcess.Start(_folder.Path, ["train", "rl", "rl.json", "--out", run, .. more]);
        (await genagent.WaitAsync()).ShouldBe(0, genagent.Errors);
        List<Trajectory> rollouts = [];
        foreach (var step in Directory.EnumerateDirectories(Path.Combine(_folder.Path, run, "rollouts")))
        {
            await foreach (var rollout in new TrajectoryFolder(step).ReadAllAsync()) rollouts.Add(rollout);
        }

        using var file = SafetensorsFile.Open(Path.Combine(_folder.Path, run, "model", "model.safetensors"));
        float[] weights = [.. file.Entries.Keys.Order(StringComparer.Ordinal).SelectMany(name =>
        {
            using var tensor = file.Read(name);
            return MemoryMarshal.Cast<byte, float>(tensor.bytes).ToArray();
        })];
        return ([.. rollouts.OrderBy(rollout => rollout.Id, StringComparer.Ordinal)], weights);
    }

    private void WriteRecipe(int loraRank) => File.WriteAllText(Path.Combine(_folder.Path, "rl.json"), $$"""
        {
          "startFrom": "micro", "generator": "canvas", "prompts": { "kind": "micro", "requests": 0.5 },
          "grpo": { "prompts": 2, "rollouts": 3, "kept": 3, "maxGroups": 1, "rounds": 2, "savedWeights": "float32", "loraRank": {{loraRank}} },
          "training": { "seed": 2, "steps": 2, "workers": 1, "learningRate": 1e-4, "emaDecay": 0, "logEvery": 1 }
        }
        """);
}

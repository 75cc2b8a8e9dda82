using GenAgent.Models;
using GenAgent.Torch;
using GenAgent.Torch.Safetensors;
using GenAgent.Training.Grpo;
using GenAgent.Training.Sft;
using GenAgent.Training.Tests.Sft;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Grpo.Engines;

/// <summary>Training whose rollouts are sampled outside the trainer, by an engine that gets the weights as folders.</summary>
public sealed class RemotePolicyTests
{
    private static readonly Training.Runs.TrainingOptions Short = TinyPolicy.Training with { Steps = 3 };

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void A_run_with_an_engine_outside_ends_with_the_weights_of_the_run_in_process(int loraRank)
    {
        using var inProcess = new TemporaryFolder();
        using var outside = new TemporaryFolder();
        var options = TinyPolicy.Options with { LoraRank = loraRank };

        TinyPolicy.Train(inProcess.Path, options, Short);
        List<string[]> files = [];
        TinyPolicy.Train(outside.Path, options, Short, engine: engine => engine.OnUpdate = _ => files.Add(engine.Updates[^1].Files));

        files.Count.ShouldBe(3, "the weights go to the engine before every step");
        foreach (var folder in files)
            folder.ShouldBe(loraRank > 0 ? ["adapter_config.json", "adapter_model.safetensors"] : ["config.json", "model.safetensors"]);
        if (loraRank == 0) TinyAgent.Weights(outside.Path).ShouldBe(TinyAgent.Weights(inProcess.Path));
        float[] expected = Values(inProcess.Path), ended = Values(outside.Path);
        ended.Length.ShouldBe(expected.Length);
        ended.Zip(expected, (one, other) => Math.Abs(one - other)).Max().ShouldBeLessThan(1e-4f);
        Traces(outside.Path).ShouldBe(Traces(inProcess.Path));
        foreach (var entry in TinyAgent.Log(outside.Path)) entry.GetProperty("rollouts/staleness_max").GetDouble().ShouldBe(0);
    }

    [Fact]
    public void Where_several_updates_learn_from_one_set_of_rollouts_the_weights_go_over_once_a_set()
    {
        using var inProcess = new TemporaryFolder();
        using var outside = new TemporaryFolder();
        var options = TinyPolicy.Options with { Updates = 2 };

        TinyPolicy.Train(inProcess.Path, options, TinyPolicy.Training with { Steps = 4 });
        List<long> versions = [];
        TinyPolicy.Train(
            outside.Path, options, TinyPolicy.Training with { Steps = 4 }, engine: engine => engine.OnUpdate = weights => versions.Add(weights.Version));

        versions.ShouldBe([0, 2]);
        TinyAgent.Weights(outside.Path).ShouldBe(TinyAgent.Weights(inProcess.Path));
    }

    [Fact]
    public void Only_the_newest_weights_stay_on_the_disk_and_a_half_written_folder_of_a_killed_run_is_removed()
    {
        using var folder = new TemporaryFolder();
        var weights = Path.Combine(folder.Path, "weights");
        var (half, kept) = (Path.Combine(weights, ".step-0000009.tmp"), Path.Combine(weights, "step-notes"));
        foreach (var path in (string[])[half, kept, Path.Combine(weights, "step-0000007")]) Directory.CreateDirectory(path);

        TinyPolicy.Train(folder.Path, training: Short, engine: _ => { });

        Directory.EnumerateDirectories(weights).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
            .ShouldBe(["step-0000002", "step-notes"]);
    }

    [Fact]
    public void An_engine_that_cannot_be_brought_to_the_weights_ends_the_run_and_the_next_call_resumes_it()
    {
        using var whole = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        TinyPolicy.Train(whole.Path, training: Short with { CheckpointEvery = 1 }, engine: _ => { });

        Should.Throw<BackendUnavailableException>(() => TinyPolicy.Train(folder.Path, training: Short with { CheckpointEvery = 1 }, engine: engine =>
            engine.OnUpdate = weights =>
            {
                if (weights.Version == 1) throw new BackendUnavailableException("all replicas are gone");
            })).Message.ShouldBe("all replicas are gone");
        TinyPolicy.Train(folder.Path, training: Short with { CheckpointEvery = 1 }, engine: _ => { }).Finished.ShouldBeTrue();

        TinyAgent.Weights(folder.Path).ShouldBe(TinyAgent.Weights(whole.Path));
    }

    [Fact]
    public void With_stale_weights_each_turn_says_which_weights_sampled_it_and_the_log_by_how_much_they_were_older()
    {
        using var folder = new TemporaryFolder();

        TinyPolicy.Train(folder.Path, TinyPolicy.Options with { MaxStaleness = 2 }, TinyPolicy.Training with { Steps = 6 }, engine: _ => { });

        TinyAgent.Log(folder.Path).Max(entry => entry.GetProperty("rollouts/staleness_max").GetDouble()).ShouldBeInRange(1, 2);
    }

    [Fact]
    public async Task A_sampler_with_weights_of_its_own_samples_with_the_adapters_that_are_trained()
    {
        using var folder = new TemporaryFolder();
        using var shared = TinyPolicy.Create(folder.Path, maxTurnTokens: 12);
        using var own = TinyPolicy.Create(folder.Path, maxTurnTokens: 12, ownSampler: true);
        var before = await SayAsync(own, version: 0);

        using var sharedAdapters = Adapt(shared);
        using var ownAdapters = Adapt(own);
        var (expected, said) = (await SayAsync(shared, version: 1), await SayAsync(own, version: 1));

        said.Ids.ShouldNotBe(before.Ids, "the adapters change what is said");
        said.Ids.ShouldBe(expected.Ids);
        said.LogProbs.Zip(expected.LogProbs, (one, other) => Math.Abs(one - other)).Max().ShouldBeLessThan(1e-4f);
    }

    private static TrainedAgent Adapt(Policy policy)
    {
        var trained = new TrainedAgent(policy.Model, new AdapterChoice(4, 64, ["q_proj", "v_proj", "o_proj"]), null, 1, _ => false);
        using (no_grad()) trained.Parameters.Values.zero_().PlusInPlace(0.05);
        policy.Trained = trained;
        return trained;
    }

    private static async Task<TokenTrace> SayAsync(Policy policy, long version)
    {
        await policy.UpdateModelAsync(version);
        var response = await policy.Client.GetResponseAsync([new(ChatRole.User, "Paint.")], new ChatOptions { Seed = 5 });
        return response.GetTokenTrace()!;
    }

    private static float[] Values(string folder)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, "model", "model.safetensors"));
        return [.. file.Entries.Keys.Order(StringComparer.Ordinal).SelectMany(name =>
        {
            using var tensor = file.Read(name);
            return tensor.data<float>().ToArray();
        })];
    }

    private static List<string> Traces(string folder) => [.. Directory
        .EnumerateFiles(Path.Combine(folder, "rollouts"), "trajectories.jsonl", SearchOption.AllDirectories).SelectMany(File.ReadLines)
        .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement)
        .Select(one => $"{one.GetProperty("id").GetString()} {one.GetProperty("trace").GetProperty("ids")}").Order(StringComparer.Ordinal)];
}

using System.Globalization;
using System.Text.Json;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>Training runs of the real command line, killed with no warning and resumed: a night's work is neither lost nor changed.</summary>
public sealed class TrainingKillTests : IDisposable
{
    private const int Steps = 100;

    // The last kill leaves so many steps that no run ends before it.
    private const int LastKill = 80;

    private const string Training = """
        "training": { "seed": 3, "steps": 100, "batchSize": 2, "microBatchSize": 1, "workers": 2, "logEvery": 1, "checkpointEvery": 1, "keepCheckpoints": 2 }
        """;

    private const string Vae = $$"""
        {
          "data": { "seed": 1, "scenes": 16 },
          "model": { "latent_channels": 4, "block_out_channels": [2, 2, 2, 4], "layers_per_block": 1, "norm_num_groups": 1, "mid_block_add_attention": false, "use_quant_conv": false, "use_post_quant_conv": false, "sample_size": 96 },
          {{Training}}
        }
        """;

    private const string Flow = $$"""
        {
          "data": { "seed": 1, "scenes": 16 },
          "vae": "vae-whole",
          "model": {
            "transformer": { "in_channels": 16, "num_layers": 1, "num_single_layers": 1, "attention_head_dim": 16, "num_attention_heads": 1, "joint_attention_dim": 16, "pooled_projection_dim": 16, "guidance_embeds": false, "axes_dims_rope": [4, 6, 6] },
            "t5": { "d_model": 16, "d_kv": 16, "d_ff": 16, "num_layers": 1, "num_heads": 1 },
            "clip": { "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1, "max_position_embeddings": 48, "projection_dim": 16 },
            "flow": { "t5Tokens": 40 },
            {{Training}}
          },
          "evaluation": { "dense": 1, "plain": 0, "steps": 1 }
        }
        """;

    private const string Sft = $$"""
        {
          "data": [{ "kind": "perception", "perception": { "seed": 1, "weights": { "Describe": 1, "Fact": 1 } } }],
          "heldOut": 2,
          "model": { "vocabularySize": 320, "hiddenSize": 16, "intermediateSize": 32, "layers": 1, "heads": 1, "keyValueHeads": 1, "vision": { "hiddenSize": 16, "intermediateSize": 32, "depth": 1, "heads": 1 } },
          "training": { "seed": 3, "steps": 100, "batchSize": 2, "workers": 2, "logEvery": 1, "checkpointEvery": 1, "keepCheckpoints": 2 }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Runs_that_are_killed_at_twenty_random_moments_end_with_the_very_weights_of_those_that_were_not()
    {
        File.WriteAllText(InFolder("vae.json"), Vae);
        File.WriteAllText(InFolder("flow.json"), Flow);

        await RunWholeAsync("vae");
        await Task.WhenAll(
            RunWholeAsync("flow"), RunKilledAsync("flow", kills: 20, new Random(20261125)), RunKilledAsync("vae", kills: 5, new Random(20261126)));

        var weights = Weights("vae-whole").Concat(Weights("flow-whole")).ToArray();
        weights.Length.ShouldBe(5, "the autoencoder; transformer, both text encoders and a copy of the autoencoder");
        weights.ShouldAllBe(file => File.ReadAllBytes(InFolder(file)).SequenceEqual(File.ReadAllBytes(InFolder(file.Replace("-whole", "-killed")))));
        Logged("vae-killed").ShouldBe(Enumerable.Range(1, Steps));
        Logged("flow-killed").ShouldBe(Enumerable.Range(1, Steps));
    }

    [Fact]
    public async Task Fine_tuning_that_is_killed_at_twenty_random_moments_ends_with_the_very_weights_of_a_run_that_was_not()
    {
        File.WriteAllText(InFolder("sft.json"), Sft);

        await Task.WhenAll(RunWholeAsync("sft"), RunKilledAsync("sft", kills: 20, new Random(20261127)));

        var weights = Weights("sft-whole").ShouldHaveSingleItem();
        File.ReadAllBytes(InFolder(weights)).ShouldBe(File.ReadAllBytes(InFolder(weights.Replace("-whole", "-killed"))));
        Logged("sft-killed").ShouldBe(Enumerable.Range(1, Steps));
    }

    private static IEnumerable<string> Train(string stage, string folder) => ["train", stage, $"{stage}.json", "--out", folder, "--resume"];

    private string InFolder(params string[] path) => Path.Combine([_folder.Path, .. path]);

    private IEnumerable<string> Weights(string run) => Directory.EnumerateFiles(InFolder(run), "*.safetensors", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(_folder.Path, path)).Where(path => !path.Contains("checkpoints", StringComparison.Ordinal));

    // Every step stands in the log; evaluations share the last step's number.
    private IEnumerable<int> Logged(string run) => File.ReadLines(InFolder(run, "metrics.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement).Where(entry => entry.TryGetProperty("loss", out _))
            .Select(entry => entry.GetProperty("step").GetInt32());

    private async Task RunWholeAsync(string stage)
    {
        using var run = CliProcess.Start(_folder.Path, Train(stage, $"{stage}-whole"));
        (await run.WaitAsync()).ShouldBe(0, run.Errors);
    }

    private async Task RunKilledAsync(string stage, int kills, Random moments)
    {
        var checkpoints = Directory.CreateDirectory(InFolder($"{stage}-killed", "checkpoints")).FullName;
        int[] steps = [.. Enumerable.Range(0, kills).Select(_ => moments.Next(LastKill)).Order()];
        foreach (var step in steps)
        {
            using var run = CliProcess.Start(_folder.Path, Train(stage, $"{stage}-killed"));

            // A step that is there already: this one dies while it is still starting.
            var early = StepOf(Directory.EnumerateFiles(checkpoints, "step-*.safetensors").Max()) >= step;
            if (!early) await Task.WhenAny(SavedAsync(checkpoints, step), run.WaitAsync());
            var ended = await run.KillAfterAsync(TimeSpan.FromMilliseconds(moments.Next(early ? 1000 : 10)));
            ended.ShouldBeFalse($"the run was to be killed at step {step}, but had ended by then. {run.Errors}");
        }

        using var last = CliProcess.Start(_folder.Path, Train(stage, $"{stage}-killed"));
        (await last.WaitAsync()).ShouldBe(0, last.Errors);
    }

    /// <summary>Ends when the checkpoint of that step, or of a later one, is in its place.</summary>
    private static async Task SavedAsync(string checkpoints, int step)
    {
        var saved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = new FileSystemWatcher(checkpoints, "step-*.safetensors") { EnableRaisingEvents = true };
        watch.Renamed += (_, file) =>
        {
            if (StepOf(file.Name) >= step) saved.TrySetResult();
        };
        await saved.Task;
    }

    private static int StepOf(string? checkpoint) =>
        checkpoint is null ? 0 : int.Parse(Path.GetFileNameWithoutExtension(checkpoint)["step-".Length..], CultureInfo.InvariantCulture);
}

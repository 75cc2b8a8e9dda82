using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GenAgent.Storage;
using GenAgent.Trajectories;
using static GenAgent.Bench.BenchArguments;
using static TorchSharp.torch;

namespace GenAgent.Bench;

/// <summary>
/// Steps of reinforcement learning by the built command line: tokens and rollouts a second, and where the time of a step goes, beside the machine's matmul
/// rate and TRL's figure at the same rate.
/// </summary>
internal static class RlBench
{
    // TRL 1.16, a GRPO step of 64 completions of 128 tokens by a model of the same size, generation included: 1,190 tokens/s on one core with 205 GFLOP/s.
    private const double ReferenceTokens = 1190;
    private const double ReferenceRate = 205;

    /// <summary>usage: rl --program PATH [--generator URI] [--prompts N] [--rollouts N] [--steps N] [--threads N] [--staleness N]; run from a clone.</summary>
    public static async Task RunAsync(string[] args)
    {
        Torch.Native.TorchNative.EnsureLoaded();
        var program = Path.GetFullPath(Option(args, "--program", "src/GenAgent.Cli/bin/Release/net10.0/GenAgent.Cli"));
        var (generator, prompts, rollouts) = (Option(args, "--generator", "canvas"), Number(args, "--prompts", 64), Number(args, "--rollouts", 8));
        var (steps, threads, staleness) = (Number(args, "--steps", 4), Number(args, "--threads", Environment.ProcessorCount), Number(args, "--staleness", 0));
        set_num_threads(threads);
        var folder = Directory.CreateTempSubdirectory("genagent-rl-").FullName;
        try
        {
            var recipe = Path.Combine(folder, "recipe.json");
            await File.WriteAllTextAsync(recipe, Recipe(generator, prompts, rollouts, steps, threads, staleness));
            var before = MatmulRate();
            using var training = Process.Start(program, ["train", "rl", recipe, "--out", Path.Combine(folder, "run")]);
            await training.WaitForExitAsync();
            if (training.ExitCode != 0) throw new InvalidOperationException($"train rl ended with code {training.ExitCode}.");
            await ReportAsync(Path.Combine(folder, "run"), Math.Max(before, MatmulRate()), threads);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Nothing is dropped or replaced: every step has the same number of rollouts.
    private static string Recipe(string generator, int prompts, int rollouts, int steps, int threads, int maxStaleness) => JsonSerializer.Serialize(new
    {
        startFrom = "models/micro-agent",
        generator,
        prompts = new { kind = "micro", requests = 0.5 },
        grpo = new { prompts, rollouts, kept = rollouts, maxGroups = 1, rounds = 2, concurrency = 64, keepRollouts = steps, maxStaleness },
        training = new { seed = 1, steps, workers = threads, learningRate = 1e-6, emaDecay = 0, logEvery = 1, checkpointEvery = 1000 },
    });

    private static async Task ReportAsync(string run, double rate, int threads)
    {
        var steps = MetricsFile.Read(run).Select(line => line.Entry).Where(entry => entry.Values.ContainsKey("reward")).ToList();

        // The first step compiles.
        foreach (var (last, step) in steps.Zip(steps.Skip(1)))
        {
            var number = step.Step;
            var made = new TrajectoryFolder(Path.Combine(run, "rollouts", string.Create(CultureInfo.InvariantCulture, $"step-{number - 1:D7}"))).ReadAllAsync();
            var (count, tokens, model, tool) = (0, 0L, 0.0, 0.0);
            await foreach (var rollout in made)
            {
                (count, tokens) = (count + 1, tokens + rollout.Tokens.Output);
                (model, tool) = (model + rollout.Rounds.Sum(round => round.ModelSeconds), tool + rollout.Rounds.Sum(round => round.ToolSeconds));
            }

            var sampling = step.Values["seconds/rollouts"];
            var whole = Elapsed(step) - Elapsed(last);
            var judging = step.Values["seconds/judging_sum"];

            // Rollouts that are made while others are trained on take no time of their own.
            var (waits, training) = (model + tool + judging, Math.Max(0, whole - sampling));
            var perSecond = tokens / whole;
            var reference = ReferenceTokens * rate / ReferenceRate;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"step {number}: {whole:F1} s, {count} rollouts ({count / sampling:F1}/s), {tokens} sampled tokens: {perSecond:F0}/s, "
                    + $"{perSecond / reference:F1} times "
                    + $"TRL's {reference:F0}/s at {rate:F0} GFLOP/s on {threads} thread(s); model {Share(model):P0}, painting {Share(tool):P0}, judging "
                    + $"{Share(judging):P0}, training {training / whole:P0}"));

            // Rollouts wait for each other at the model and the painter: their waits share the time that rollouts take.
            double Share(double seconds) => seconds / waits * (whole - training) / whole;
        }
    }

    // The log has the samples a second since the start.
    private static double Elapsed(MetricEntry step) => step.Samples / step.Values["samples_per_second"];

    private static double MatmulRate() => Machine.Time(static () => { }, seconds: 2).GemmRate;
}

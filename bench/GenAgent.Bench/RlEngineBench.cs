using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GenAgent.Storage;
using GenAgent.Trajectories;
using static GenAgent.Bench.BenchArguments;

namespace GenAgent.Bench;

/// <summary>
/// Reinforcement learning whose rollouts are sampled by stub engines in processes of their own, weights synced before every step, beside the same runs in
/// process: the learning curves, their differences, and the cost.
/// </summary>
internal static class RlEngineBench
{
    private const string Model = "models/micro-agent";

    /// <summary>
    /// usage: rl-engines [--engine vllm|sglang] [--replicas N] [--seeds N] [--steps N] [--prompts N] [--rollouts N] [--rate R] [--lora RANK] [--generator URI]
    /// [--program PATH] [--stub PATH]; run from a clone.
    /// </summary>
    public static async Task RunAsync(string[] args)
    {
        var stub = Path.GetFullPath(Option(args, "--stub", "tests/GenAgent.EngineStubs/bin/Release/net10.0/GenAgent.EngineStubs"));
        var program = Path.GetFullPath(Option(args, "--program", "src/GenAgent.Cli/bin/Release/net10.0/GenAgent.Cli"));
        var engine = Option(args, "--engine", "vllm");
        var folder = Directory.CreateTempSubdirectory("genagent-rl-engines-").FullName;
        var stubs = new List<Process>();
        try
        {
            var addresses = new List<string>();
            for (var i = 0; i < Number(args, "--replicas", 2); i++)
            {
                stubs.Add(Start(stub, [engine, Model, "--name", "policy"], redirect: true));
                addresses.Add((await stubs[i].StandardOutput.ReadLineAsync())!.TrimEnd('/'));
            }

            var pairs = new List<(Run Here, Run There)>();
            for (var seed = 1; seed <= Number(args, "--seeds", 2); seed++)
            {
                var recipe = Path.Combine(folder, $"seed-{seed}.json");
                await File.WriteAllTextAsync(recipe, Recipe(args, seed));
                var here = await TrainAsync(program, recipe, Path.Combine(folder, $"here-{seed}"), [], []);
                var there = await TrainAsync(
                    program, recipe, Path.Combine(folder, $"there-{seed}"), ["--set", $"engine={engine}:policy@{string.Join(',', addresses)}"], stubs);
                pairs.Add((here, there));
                Report(seed, here, there);
            }

            ReportAll(pairs);
        }
        finally
        {
            foreach (var process in stubs)
            {
                process.Kill();
                process.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    // Being brief is learned in few steps, so that there is a curve to compare.
    private static string Recipe(string[] args, int seed)
    {
        var (prompts, rollouts, steps) = (Number(args, "--prompts", 6), Number(args, "--rollouts", 6), Number(args, "--steps", 12));
        return JsonSerializer.Serialize(new
        {
            startFrom = Model,
            generator = Option(args, "--generator", "canvas"),
            prompts = new { kind = "micro", requests = 0.5 },
            rewards = new { final = 0.7, format = -0.2, length = -1.5 },
            grpo = new
            {
                prompts, rollouts, kept = rollouts, maxGroups = 1, rounds = 2, keepRollouts = steps, loraRank = Number(args, "--lora", 0),
                savedWeights = "float32",
            },
            training = new
            {
                seed, steps, workers = 1, emaDecay = 0, logEvery = 1, checkpointEvery = 1000,
                learningRate = Number(args, "--rate", 1e-4),
            },
        });
    }

    private static async Task<Run> TrainAsync(string program, string recipe, string folder, string[] more, IReadOnlyList<Process> stubs)
    {
        var before = Cpu(stubs);
        var started = Stopwatch.GetTimestamp();
        using var training = Start(program, ["train", "rl", recipe, "--out", folder, .. more], redirect: false);
        var trainer = await WaitAsync(training);
        if (training.ExitCode != 0) throw new InvalidOperationException($"train rl ended with code {training.ExitCode}.");
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var engines = Cpu(stubs) - before;
        var entries = MetricsFile.Read(folder).Select(line => line.Entry).Where(entry => entry.Values.ContainsKey("reward")).ToList();
        var rollouts = new Dictionary<string, TokenTrace>(StringComparer.Ordinal);
        foreach (var step in Directory.EnumerateDirectories(Path.Combine(folder, "rollouts")))
        {
            await foreach (var rollout in new TrajectoryFolder(step).ReadAllAsync()) rollouts[rollout.Id] = rollout.Trace!;
        }

        return new Run(Of(entries, "reward"), Of(entries, "rollouts/tokens_per_turn"), rollouts)
        {
            Sampling = Of(entries, "seconds/rollouts"),
            Updating = Of(entries, "seconds/weights"),
            Seconds = seconds,
            TrainerCpu = trainer,
            EngineCpu = engines,
        };
    }

    private static void Report(int seed, Run here, Run there)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: reward by step, in process, then on engines"));
        Console.WriteLine($"  {Line(here.Rewards)}");
        Console.WriteLine($"  {Line(there.Rewards)}");
        var same = here.Rollouts.Count(one => there.Rollouts.TryGetValue(one.Key, out var other) && other.Ids.SequenceEqual(one.Value.Ids));
        var first = here.Rollouts.Where(one => one.Key.StartsWith("step-0/", StringComparison.Ordinal)).ToList();
        var firstSame = first.Count(one => there.Rollouts[one.Key].Ids.SequenceEqual(one.Value.Ids));
        Console.WriteLine($"  rollouts with the same ids: {firstSame} of {first.Count} in the first step, {same} of {here.Rollouts.Count} in all");
    }

    private static void ReportAll(List<(Run Here, Run There)> pairs)
    {
        Console.WriteLine();
        Console.WriteLine(
            "| | reward: first third | last third | tokens per turn: first | last | rollouts, s a step | weights, s a step | whole run, s | CPU s |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        Console.WriteLine(Row("in process", [.. pairs.Select(pair => pair.Here)]));
        Console.WriteLine(Row("on engines", [.. pairs.Select(pair => pair.There)]));
        double[] differences = [.. pairs.SelectMany(pair => pair.There.Rewards.Zip(pair.Here.Rewards, (there, here) => there - here))];
        var mean = differences.Average();
        var deviation = Math.Sqrt(differences.Sum(one => (one - mean) * (one - mean)) / Math.Max(1, differences.Length - 1));
        var half = 1.96 * deviation / Math.Sqrt(differences.Length);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\nreward on engines less in process, by step: {mean:+0.000;-0.000} [{mean - half:+0.000;-0.000}, {mean + half:+0.000;-0.000}] "
                + $"({differences.Length} steps); time {pairs.Sum(pair => pair.There.Seconds) / pairs.Sum(pair => pair.Here.Seconds):0.00} times, CPU time "
                + $"{pairs.Sum(pair => pair.There.Cpu) / pairs.Sum(pair => pair.Here.Cpu):0.00} times that in process"));
    }

    private static string Row(string name, Run[] runs) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {runs.Average(run => First(run.Rewards)):0.000} | {runs.Average(run => Last(run.Rewards)):0.000} "
            + $"| {runs.Average(run => First(run.Tokens)):0.0} | {runs.Average(run => Last(run.Tokens)):0.0} "
            + $"| {runs.Average(run => run.Sampling.Average()):0.0} | {runs.Average(run => run.Updating.Average()):0.00} | "
            + $"{runs.Average(run => run.Seconds):0} | {runs.Average(run => run.Cpu):0} ({runs.Average(run => run.EngineCpu):0} of the engines) |");

    private static double First(double[] values) => values.Take(Math.Max(1, values.Length / 3)).Average();

    private static double Last(double[] values) => values.TakeLast(Math.Max(1, values.Length / 3)).Average();

    private static string Line(double[] values) => string.Join(' ', values.Select(value => value.ToString("0.000", CultureInfo.InvariantCulture)));

    private static double[] Of(List<MetricEntry> entries, string name) => [.. entries.Select(entry => entry.Values[name])];

    // The CPU seconds of a process are gone with it: they are read now and then.
    private static async Task<double> WaitAsync(Process process)
    {
        var exited = process.WaitForExitAsync();
        var seconds = 0.0;
        while (!exited.IsCompleted)
        {
            try
            {
                seconds = Cpu([process]);
            }
            catch (InvalidOperationException)
            {
                // It has just ended.
            }

            await Task.WhenAny(exited, Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System));
        }

        return seconds;
    }

    private static double Cpu(IReadOnlyList<Process> processes) => processes.Sum(process =>
    {
        process.Refresh();
        return process.TotalProcessorTime.TotalSeconds;
    });

    private static Process Start(string program, string[] arguments, bool redirect) => Process.Start(
        new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = redirect, RedirectStandardOutput = redirect })!;

    private sealed record Run(double[] Rewards, double[] Tokens, IReadOnlyDictionary<string, TokenTrace> Rollouts)
    {
        public double[] Sampling { get; init; } = [];

        public double[] Updating { get; init; } = [];

        public double Seconds { get; init; }

        public double TrainerCpu { get; init; }

        public double EngineCpu { get; init; }

        public double Cpu => TrainerCpu + EngineCpu;
    }
}

using System.Diagnostics;
using System.Globalization;
using GenAgent.Agents;
using GenAgent.Seeds;
using static GenAgent.Bench.BenchArguments;

namespace GenAgent.Bench.Scale;

/// <summary>
/// What so many prompts a minute need: GPUs, the bottleneck, the price; and, with <c>--check</c>, the same simulation beside real runs of the agent's loop
/// over servers that only wait.
/// </summary>
internal static class ScaleBench
{
    private const double CheckedSeconds = 0.05;

    /// <summary>
    /// usage: scale [--from FOLDER] [--latency SECONDS] [--prompt-tokens N] [--image-tokens N] [--turn-tokens N] [--prefill-tokens X] [--decode-tokens X]
    /// [--sequences N] [--image-seconds X] [--prefix-hits X] [--failures X] [--gpu-hour X] | scale --check [--runs N]. With --from, runs of a folder say
    /// what is not given.
    /// </summary>
    public static async Task RunAsync(string[] args)
    {
        if (args.Contains("--check", StringComparer.Ordinal))
        {
            await CheckAsync(Number(args, "--runs", 300));
            return;
        }

        var usual = new ScaleScenario { Sequences = Number(args, "--sequences", new ScaleScenario().Sequences) };
        if (Find(args, "--from") is { } from)
        {
            (usual, var runs) = await ScaleCalibration.MeasureAsync(from, usual);
            Tell(usual, runs);
        }

        var scenario = usual with
        {
            TurnTokens = Number(args, "--turn-tokens", usual.TurnTokens), ImageSeconds = Number(args, "--image-seconds", usual.ImageSeconds),
            GpuHour = Number(args, "--gpu-hour", usual.GpuHour), DecodeTokens = Number(args, "--decode-tokens", usual.DecodeTokens),
            PrefillTokens = Number(args, "--prefill-tokens", usual.PrefillTokens), PromptTokens = Number(args, "--prompt-tokens", usual.PromptTokens),
            ImageTokens = Number(args, "--image-tokens", usual.ImageTokens),
            PrefixHits = Number(args, "--prefix-hits", usual.PrefixHits), Failures = Number(args, "--failures", usual.Failures),
        };
        var latency = Number(args, "--latency", 60.0);
        Console.WriteLine("| prompts a minute | chat GPUs (in use) | image GPUs (in use) | median, 95 % | loop, processor cores | price of 1,000 prompts |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var perMinute in new[] { 10.0, 1_000, 100_000 })
        {
            // Enough runs that the queues settle: five minutes' worth, within bounds.
            var runs = (int)Math.Clamp(perMinute * 5, 3_000, 200_000);
            var (chosen, outcome) = ScaleSimulation.Size(scenario with { PromptsPerMinute = perMinute }, latency, runs);
            var gpus = chosen.ChatGpus + chosen.ImageGpus;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {perMinute:N0} | {chosen.ChatGpus:N0} ({outcome.ChatUse:P0}) | {chosen.ImageGpus:N0} ({outcome.ImageUse:P0}) | {outcome.Median:F0} s, "
                    + $"{outcome.Slow:F0} s "
                    + $"| {perMinute / 60 * (chosen.MeanImages + 1) * chosen.LoopMicroseconds / 1e6:F3} | "
                        + $"{gpus * chosen.GpuHour / (perMinute * 60) * 1000:F2} |"));
        }
    }

    // Small servers whose requests take fractions of a second, so that the check takes less than a minute; two thirds of their places are in use.
    private static async Task CheckAsync(int runs)
    {
        var scenario = new ScaleScenario
        {
            PromptTokens = 0, ImageTokens = 0, TurnTokens = 1, DecodeTokens = 1 / CheckedSeconds, ImageSeconds = 4 * CheckedSeconds, Failures = 0,
                Sequences = 4,
            ChatGpus = 1, ImageGpus = 6, PromptsPerMinute = 60 * 12.5,
        };
        var simulated = ScaleSimulation.Run(scenario, runs);
        var real = await RealAsync(scenario, runs);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{runs} runs: simulated {simulated.Seconds:F1} s, median {simulated.Median:F2} s, 95 % {simulated.Slow:F2} s; real {real.Seconds:F1} s, "
                + $"{real.Median:F2} s, "
                + $"{real.Slow:F2} s; ratios {real.Seconds / simulated.Seconds:F2}, {real.Median / simulated.Median:F2}, {real.Slow / simulated.Slow:F2}"));
    }

    private static async Task<ScaleOutcome> RealAsync(ScaleScenario scenario, int runs)
    {
        using var model = new WaitingModel(scenario);
        using var painter = new WaitingPainter(scenario);
        using var agent = new ImageAgent(model, painter, new ImageAgentOptions { DecodeImages = false, MaxRounds = 4 });
        var began = Stopwatch.GetTimestamp();
        var latencies = await Task.WhenAll(ScaleSimulation.Arrivals(scenario, runs, seed: 1).Select(async (arrival, index) =>
        {
            if (TimeSpan.FromSeconds(arrival.At) - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } wait) await Task.Delay(wait);
            var started = Stopwatch.GetTimestamp();
            await agent.RunAsync(new AgentRequest($"{arrival.Images} images") { Seed = SeedPath.FromRoot(1).Child("run", index) });
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }));
        return ScaleOutcome.Of(latencies, Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 0);
    }

    private static void Tell(ScaleScenario measured, int runs) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{runs} runs: 1, 2, ... images {string.Join(", ", measured.Images.Select(share => share.ToString("P1", CultureInfo.InvariantCulture)))}; tokens: "
            + $"{measured.PromptTokens} before the first turn, {measured.TurnTokens} a turn, {measured.ImageTokens} an image; "
            + $"{measured.DecodeTokens:F0} tokens/s in a turn, {measured.ImageSeconds:F2} s an image; {measured.Failures:P1} of the turns and images failed"));
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using static GenAgent.Bench.BenchArguments;

namespace GenAgent.Bench;

/// <summary>
/// Whether anything crashes, hangs or leaks: processes of this program that run <see cref="StressRounds"/>, and end by themselves, by returning without
/// disposing of anything, or by a signal at a random moment. Each must end in time with its own exit code.
/// </summary>
internal static class StressBench
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(60);

    private static long s_mostLeft;

    /// <summary>
    /// usage: stress [--times N] [--rounds N] [--runs N] [--seed N]; and stress --program PATH [--times N] for signals to the built command line.
    /// </summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["child", ..]) return await ChildAsync(args);
        var (times, rounds, runs, seed) = (Number(args, "--times", 500), Number(args, "--rounds", 5), Number(args, "--runs", 64), Number(args, "--seed", 1));
        var program = Find(args, "--program") is { } named ? Path.GetFullPath(named) : null;
        var random = new Random(seed);
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var (bad, clock) = (0, Stopwatch.StartNew());
        for (var done = 0; done < times; done += program is null ? rounds : 1)
        {
            var (what, expected, code) = program is null ? await EngineAsync(random, (done / rounds) % 3, rounds, runs) : await CommandAsync(random, program);
            var key = $"{what}: {code}{(expected.Contains(code) ? string.Empty : " WRONG")}";
            bad += expected.Contains(code) ? 0 : 1;
            counts[key] = counts.GetValueOrDefault(key) + 1;
            Console.WriteLine(
                $"{done + (program is null ? rounds : 1)} of {times}, {bad} bad, {clock.Elapsed.TotalMinutes.ToString("0.0", CultureInfo.InvariantCulture)} "
                    + $"min: {key}");
        }

        foreach (var (key, count) in counts) Console.WriteLine($"{count,5} {key}");
        if (program is null) Console.WriteLine($"At most {s_mostLeft} tensors were left of a round.");
        return bad == 0 ? 0 : 1;
    }

    private static async Task<(string What, int[] Expected, int Code)> EngineAsync(Random random, int ending, int rounds, int runs)
    {
        var seed = random.Next();
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["stress", "child", $"{seed}", $"{rounds}", $"{runs}", ending == 1 ? "leave" : "end"]);
        var (signal, code) = ending == 2 ? Signals[random.Next(Signals.Length)] : ("", 0);
        return ($"engines, {(ending == 2 ? signal : ending == 1 ? "left alone" : "ended")}", ending == 2 ? [0, code] : [0],
            await EndOfAsync(start, signal, random.Next(300, 1000 + (rounds * 3000))));
    }

    private static async Task<(string What, int[] Expected, int Code)> CommandAsync(Random random, string program)
    {
        var folder = Directory.CreateTempSubdirectory("genagent-stress-").FullName;
        try
        {
            File.WriteAllLines(
                Path.Combine(folder, "prompts.txt"),
                Enumerable.Range(0, 60).Select(i => $"{(i % 2 == 0 ? "a" : "two")} {(i % 3 == 0 ? "red" : "blue")} {(i % 5 == 0 ? "circles" : "stars")}"));
            string[][] commands =
            [
                ["data", "paint", "--count", "500", "--out", "out"], ["data", "synth", "--count", "500", "--out", "out"],
                ["eval", "micro", "--oracle", "--out", "out"],
                ["generate", "--prompts", "prompts.txt", "--out", "out"], ["generate", "a red circle left of a blue square", "--out", "out"],
            ];
            var command = commands[random.Next(commands.Length)];
            var (signal, code) = Signals[random.Next(Signals.Length)];
            var start = new ProcessStartInfo(program, command) { WorkingDirectory = folder };
            return ($"{command[0]} {command[1]}, {signal}", command is ["generate", not "--prompts", ..] ? [0, code] : [code],
                await EndOfAsync(start, signal, random.Next(100, 8000)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (string Name, int Code)[] Signals { get; } = [("INT", 130), ("TERM", 143), ("HUP", 129)];

    private static async Task<int> EndOfAsync(ProcessStartInfo start, string signal, int milliseconds)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using var process = Process.Start(start)!;
        var said = new ConcurrentQueue<string>();
        process.OutputDataReceived += (_, line) => said.Enqueue(line.Data ?? string.Empty);
        process.ErrorDataReceived += (_, line) => said.Enqueue(line.Data ?? string.Empty);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            if (signal.Length > 0 && await Task.WhenAny(process.WaitForExitAsync(limit.Token), Task.Delay(milliseconds, limit.Token)) is { } first
                && !process.HasExited)
            {
                using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
                await kill.WaitForExitAsync(limit.Token);
            }

            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            return -1;
        }

        foreach (var left in said.Where(line => line.StartsWith("left ", StringComparison.Ordinal)))
        {
            s_mostLeft = Math.Max(s_mostLeft, long.Parse(left.Split(' ')[1], CultureInfo.InvariantCulture));
        }
        if (process.ExitCode is not (0 or 129 or 130 or 143)) Console.WriteLine(string.Join('\n', said));
        return process.ExitCode;
    }

    private static async Task<int> ChildAsync(string[] args)
    {
        Torch.Native.TorchNative.EnsureLoaded();
        using var stop = new CancellationTokenSource();
        var code = 0;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, 130));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, 143));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Stop(context, 129));
        var (random, models) = (new Random(int.Parse(args[1], CultureInfo.InvariantCulture)), Models());
        var rounds = new StressRounds(models, int.Parse(args[3], CultureInfo.InvariantCulture));
        for (var round = 0; round < int.Parse(args[2], CultureInfo.InvariantCulture) && !stop.IsCancellationRequested; round++)
        {
            var counts = await rounds.RunAsync(random, milliseconds: 1500, stop.Token);
            Console.WriteLine($"left {rounds.Left} tensors: {string.Join(", ", counts.Select(end => $"{end.Value} {end.Key}"))}");
        }

        if (string.Equals(args[4], "leave", StringComparison.Ordinal) && !stop.IsCancellationRequested) await rounds.LeaveAsync();
        return code;

        void Stop(PosixSignalContext context, int number)
        {
            (context.Cancel, code) = (true, number);
            stop.Cancel();
        }
    }

    private static string Models()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "models", "micro-agent"))) return Path.Combine(folder.FullName, "models");
        }

        throw new DirectoryNotFoundException("models/micro-agent is above no folder of this program: run it from a clone.");
    }
}

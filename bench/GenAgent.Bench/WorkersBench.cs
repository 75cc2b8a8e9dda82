using System.Diagnostics;
using System.Globalization;
using static GenAgent.Bench.BenchArguments;

namespace GenAgent.Bench;

/// <summary>
/// What more processes of <c>genagent worker</c> bring: synthesis with a chat server that only waits, on 1, 2 and 4 of them. Each process gets as much to do
/// as the others, after a run to warm up; counted is the middle of the run, from a tenth to nine tenths of the trajectories.
/// </summary>
internal static class WorkersBench
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>usage: workers --database URL|FOLDER [--delay MS] [--places N] [--count N]: count is that of one process.</summary>
    public static async Task RunAsync(string[] args)
    {
        var (delay, places, count) = (Number(args, "--delay", 1000), Number(args, "--places", 4), Number(args, "--count", 40));
        var database = Find(args, "--database") ?? throw new ArgumentException("--database is needed.", nameof(args));
        using var server = Start(Built("tests", "GenAgent.FakeServers"), ".", ["chat", $"{delay}"]);
        var teacher = $"openai:fake-vl@{await server.StandardOutput.ReadLineAsync()}/v1";
        Console.WriteLine(Invariant($"{delay} ms per turn, {places} places per process, {Environment.ProcessorCount} cores; the owner does no task itself"));
        var single = 0.0;
        try
        {
            foreach (var processes in (int[])[1, 2, 4])
            {
                var (rate, seconds) = await MeasureAsync(database, teacher, processes, places, count);
                if (processes == 1) single = rate;
                Console.WriteLine(
                    Invariant($"{processes} processes: {rate:0.00} trajectories per second, {rate / single:0.00} times one; {seconds:0.0} s in all"));
            }
        }
        finally
        {
            server.Kill();
        }
    }

    private static async Task<(double Rate, double Seconds)> MeasureAsync(string database, string teacher, int processes, int places, int count)
    {
        var folder = Directory.CreateTempSubdirectory("genagent-workers-").FullName;
        string[] work = ["worker", "--database", database, "--jobs", $"{places}", "--allow", teacher];
        var workers = Enumerable.Range(0, processes).Select(_ => Start(Built("src", "GenAgent.Cli"), folder, work)).ToList();
        try
        {
            await OwnAsync(folder, database, teacher, "warm", processes * places * 2);
            return await OwnAsync(folder, database, teacher, "timed", processes * count);
        }
        finally
        {
            foreach (var worker in workers)
            {
                worker.Kill();
                await worker.WaitForExitAsync();
                worker.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(double Rate, double Seconds)> OwnAsync(string folder, string database, string teacher, string name, int count)
    {
        using var owner = Start(
            Built("src", "GenAgent.Cli"), folder,
            ["data", "synth", "--teacher", teacher, "--generator", "canvas", "--count", $"{count}", "--jobs", "0", "--share", database, "--out", name]);
        var (from, to) = (count / 10, count * 9 / 10);
        var (clock, begun, ended) = (Stopwatch.StartNew(), (At: 0.0, Lines: 0), (At: 0.0, Lines: 0));
        while (!owner.HasExited)
        {
            var lines = LinesOf(Path.Combine(folder, name, "trajectories.jsonl"));
            if (begun.Lines == 0 && lines >= from) begun = (clock.Elapsed.TotalSeconds, lines);
            if (ended.Lines == 0 && lines >= to) ended = (clock.Elapsed.TotalSeconds, lines);
            await Task.Delay(Poll);
        }

        if (owner.ExitCode != 0) throw new InvalidOperationException($"genagent data synth ended with {owner.ExitCode}.");
        return ((ended.Lines - begun.Lines) / (ended.At - begun.At), clock.Elapsed.TotalSeconds);
    }

    private static int LinesOf(string path)
    {
        if (!File.Exists(path)) return 0;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var (lines, buffer) = (0, new byte[1 << 16]);
        for (int read; (read = file.Read(buffer)) > 0;) lines += buffer.AsSpan(0, read).Count((byte)'\n');
        return lines;
    }

    // Standard error is left open; its lines are of no interest here.
    private static Process Start(string program, string folder, string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>A program of this repository, as it was built beside this one.</summary>
    private static string Built(string folder, string project)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var root = output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, folder, project, "bin", output.Parent.Name, output.Name, project);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

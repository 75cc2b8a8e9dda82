using System.Diagnostics;
using System.Text;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>The real command line, as a process of its own.</summary>
internal sealed class CliProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string? _awaited;

    private CliProcess(ProcessStartInfo start, string? awaited)
    {
        _awaited = awaited;
        start.UseShellExecute = false;
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Take(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string Executable { get; } = BuiltProgram.PathOf("src/GenAgent.Cli");

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    /// <summary>Starts <c>genagent</c>.</summary>
    /// <param name="folder">The working folder.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="awaited">The text that <see cref="WaitForTextAsync"/> waits for.</param>
    public static CliProcess Start(string folder, IEnumerable<string> arguments, string? awaited = null) =>
        new(new ProcessStartInfo(Executable, arguments) { WorkingDirectory = folder }, awaited);

    /// <summary>Starts <c>genagent</c> through another program, as <c>ip netns exec NAME</c>.</summary>
    public static CliProcess StartThrough(string folder, IReadOnlyList<string> before, IEnumerable<string> arguments) =>
        new(new ProcessStartInfo(before[0], [.. before.Skip(1), Executable, .. arguments]) { WorkingDirectory = folder }, awaited: null);

    /// <summary>Starts <c>genagent</c> from a shell that allows no file larger than so many KiB: the nearest thing to a full disk.</summary>
    public static CliProcess StartWithFileLimit(string folder, IEnumerable<string> arguments, int kibibytes)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"trap '' XFSZ; ulimit -f {kibibytes}; exec \"$0\" \"$@\"", Executable, .. arguments]) {
            WorkingDirectory = folder };

        // The runtime maps its code through a file that is larger than the limit, unless told not to.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new(start, awaited: null);
    }

    /// <summary>
    /// Starts <c>genagent</c> from a shell that does something first, as <c>ulimit -n 96;</c>, and closes or turns streams, as in <c>2&gt;&amp;-</c>.
    /// </summary>
    public static CliProcess StartIn(string folder, string before, string streams, params IEnumerable<string> arguments) =>
        new(new ProcessStartInfo("bash", ["-c", $"{before} exec \"$0\" \"$@\" {streams}", Executable, .. arguments]) { WorkingDirectory = folder },
            awaited: null);

    /// <summary>Starts <c>genagent</c> with its standard output on Linux's device that is always full.</summary>
    public static CliProcess StartIntoFullDevice(string folder, IEnumerable<string> arguments) =>
        new(new ProcessStartInfo("bash", ["-c", "exec \"$0\" \"$@\" > /dev/full", Executable, .. arguments]) { WorkingDirectory = folder }, awaited: null);

    /// <summary>
    /// Runs <c>genagent</c> twice on a disk of its own at <c>disk</c> below the folder: first with so many KiB, then with room. What is then on the disk is
    /// copied to <c>full</c> and <c>roomy</c>, with exit code and standard error beside it. Where nobody may mount a disk, there is no folder <c>full</c>.
    /// </summary>
    public static async Task RunOnSmallDiskAsync(string folder, IEnumerable<string> arguments, int kibibytes)
    {
        const string Script = """
            mkdir disk && mount -t tmpfs -o size="$0"k tmpfs disk || exit 0
            mkdir full roomy
            "$@" 2> full.err; echo $? > full.code; cp -a disk/. full
            mount -o remount,size=64m disk
            "$@" 2> roomy.err; echo $? > roomy.code; cp -a disk/. roomy
            """;
        var start = new ProcessStartInfo("unshare", ["--user", "--map-root-user", "--mount", "bash", "-c", Script, $"{kibibytes}", Executable, .. arguments]) {
            WorkingDirectory = folder };
        try
        {
            using var process = new CliProcess(start, awaited: null);
            await process.WaitAsync();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no unshare here.
        }
    }

    public async Task WaitForTextAsync()
    {
        var ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(_seen.Task, ended).WaitAsync(Patience) == ended)
        {
            throw new InvalidOperationException($"genagent ended before it wrote \"{_awaited}\": {Errors}");
        }
    }

    /// <summary>Waits for the end; a process that hangs fails the test with what it has said so far.</summary>
    public async Task<int> WaitAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw Hangs("has not ended");
        }

        return _process.ExitCode;
    }

    /// <summary>Waits until something holds, or the process has ended.</summary>
    public async Task UntilAsync(Func<bool> holds)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!_process.HasExited && !holds())
        {
            if (Stopwatch.GetElapsedTime(begun) > Patience) throw Hangs("has not come to the awaited point");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Kills the process after so long, unless it has ended by itself; returns whether it had.</summary>
    public async Task<bool> KillAfterAsync(TimeSpan moment)
    {
        using var limit = new CancellationTokenSource(moment);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await WaitAsync();
            return false;
        }
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private TimeoutException Hangs(string how) => new($"genagent {how} in {Patience.TotalSeconds} s. It said: {Output}\n{Errors}");

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    private void Take(StringBuilder text, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (text)
        {
            text.Append(line).Append('\n');
        }

        if (_awaited is not null && line.Contains(_awaited, StringComparison.Ordinal))
        {
            _seen.TrySetResult();
        }
    }
}

using System.Diagnostics;
using System.Text;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>The real command line, as a process of its own.</summary>
internal sealed class CliProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

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

    public bool HasEnded => _process.HasExited;

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    /// <summary>Starts <c>genagent</c>.</summary>
    /// <param name="folder">The working folder.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="awaited">The text that <see cref="WaitForTextAsync"/> waits for.</param>
    public static CliProcess Start(string folder, IEnumerable<string> arguments, string? awaited = null) =>
        new(new ProcessStartInfo(Executable, arguments) { WorkingDirectory = folder }, awaited);

    /// <summary>Starts <c>genagent</c> from a shell that allows no file larger than so many KiB: the nearest thing to a full disk.</summary>
    public static CliProcess StartWithFileLimit(string folder, IEnumerable<string> arguments, int kibibytes)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"trap '' XFSZ; ulimit -f {kibibytes}; exec \"$0\" \"$@\"", Executable, .. arguments]) { WorkingDirectory = folder };

        // The runtime maps its code through a file that is larger than the limit, unless told not to.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new(start, awaited: null);
    }

    public async Task WaitForTextAsync()
    {
        var ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(_seen.Task, ended).WaitAsync(Patience) == ended)
        {
            throw new InvalidOperationException($"genagent ended before it wrote \"{_awaited}\": {Errors}");
        }
    }

    public async Task<int> WaitAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
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

using System.Diagnostics;

namespace GenAgent.Server.Tests.Serving;

/// <summary><c>genagent serve</c> as a process of its own, which can be killed.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } address) _address.TrySetResult(address);
        };
        _process.ErrorDataReceived += (_, line) => Errors += line.Data + "\n";
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Errors { get; private set; } = string.Empty;

    /// <summary>Resident memory in bytes, as Linux counts it.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts one with the miniature world's agent and generator, and returns when it listens.</summary>
    public static Task<ServerProcess> StartAsync(string folder, int port) =>
        StartWithAsync(folder, port, "--agent", "oracle", "--generator", "canvas", "--set", "Server:LeaseSeconds=1", "--set", "Server:StopSeconds=0");

    /// <summary>Starts one with flags of its own, and returns when it listens.</summary>
    public static Task<ServerProcess> StartWithAsync(string folder, int port, params string[] more) => StartCommandAsync("serve", folder, port, more);

    /// <summary>Starts a command that listens, and returns when it does.</summary>
    public static async Task<ServerProcess> StartCommandAsync(string command, string folder, int port, params string[] more)
    {
        string[] arguments = [command, "--data", folder, "--urls", $"http://127.0.0.1:{port}", .. more];
        var start = new ProcessStartInfo(
            Executable, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
            UseShellExecute = false };
        var server = new ServerProcess(start);
        var ended = server._process.WaitForExitAsync();
        if (await Task.WhenAny(server._address.Task, ended).WaitAsync(Patience) == ended)
        {
            throw new InvalidOperationException($"The server ended at once: {server.Errors}");
        }
        return server;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    public static string Executable { get; } = Find();

    private static string Find()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(
                folder.FullName, "src", "GenAgent.Cli", "bin", configuration, "net10.0", OperatingSystem.IsWindows() ? "GenAgent.Cli.exe" : "GenAgent.Cli");
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException("GenAgent.Cli is not built.");
    }
}

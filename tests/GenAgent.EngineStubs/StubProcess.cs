using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GenAgent.EngineStubs;

/// <summary>A stub in a process of its own. Disposing of it kills the process.</summary>
public sealed class StubProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;

    private StubProcess(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it answers.</summary>
    public Uri Address { get; }

    /// <summary>Starts a stub, and waits until it answers.</summary>
    /// <param name="options">How it serves.</param>
    /// <returns>The stub.</returns>
    /// <exception cref="InvalidOperationException">It did not start; the message has what it wrote.</exception>
    public static async Task<StubProcess> StartAsync(StubOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var program = Path.Combine(AppContext.BaseDirectory, "GenAgent.EngineStubs.dll");
        string[] arguments =
        [
            program, options.Engine == StubEngine.Vllm ? "vllm" : "sglang", options.Folder, "--name", options.ModelName, "--version", options.Version, "--port",
            options.Port.ToString(CultureInfo.InvariantCulture), "--threads", options.Threads.ToString(CultureInfo.InvariantCulture),
        ];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        var process = Process.Start(start)!;
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            var address = await process.StandardOutput.ReadLineAsync(patience.Token);
            return new StubProcess(process, new Uri(address ?? throw new InvalidOperationException($"{program} did not start.")));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Switches faults on, as <see cref="StubFaults.Set"/> does.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="answers">For how many answers.</param>
    public async Task SetAsync(StubFault fault, int answers = 1)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync(new Uri(Address, "/stub/faults"), new JsonObject { [fault.ToString()] = answers });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Waits until it has died by itself.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitForDeathAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}

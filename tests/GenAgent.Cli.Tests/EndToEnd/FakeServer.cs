using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>A server of GenAgent.FakeServers or GenAgent.EngineStubs in a process of its own; it ends with this object, or with the test's process.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly Process _process;

    private FakeServer(Process process, string address) => (_process, Address) = (process, address);

    public string Address { get; }

    public bool HasExited => _process.HasExited;

    public static Task<FakeServer> StartAsync(string kind, int delayMilliseconds = 0) => StartThroughAsync([], kind, $"{delayMilliseconds}");

    /// <summary>Starts one through another program, as <c>ip netns exec NAME</c>.</summary>
    public static Task<FakeServer> StartThroughAsync(string[] before, params string[] arguments) =>
        StartAsync([.. before, BuiltProgram.PathOf("tests/GenAgent.FakeServers")], arguments);

    /// <summary>A vLLM or an SGLang that serves the embedded agent.</summary>
    public static Task<FakeServer> StartEngineAsync(string engine) =>
        StartAsync([BuiltProgram.PathOf("tests/GenAgent.EngineStubs")], [engine, Path.Combine(RepoFolder.Root, "models", "micro-agent")]);

    private static async Task<FakeServer> StartAsync(string[] program, string[] arguments)
    {
        var process = Process.Start(
            new ProcessStartInfo(program[0], [.. program[1..], .. arguments]) { UseShellExecute = false, RedirectStandardInput = true,
            RedirectStandardOutput = true })!;
        try
        {
            var address = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            return new(process, address?.TrimEnd('/') ?? throw new InvalidOperationException($"The fake {arguments[0]} server ended before it answered."));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>How often the server was asked for what it makes.</summary>
    public async Task<int> CallsAsync()
    {
        using var http = new HttpClient();
        return int.Parse(await http.GetStringAsync(new Uri($"{Address}/calls")), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Switches a fault of an engine on, for so many answers.</summary>
    public async Task SetFaultAsync(string fault, int answers)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync(new Uri($"{Address}/stub/faults"), new JsonObject { [fault] = answers });
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}

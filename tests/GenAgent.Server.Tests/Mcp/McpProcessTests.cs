using System.Diagnostics;
using System.Text.Json;
using GenAgent.Server.Tests.Protocols;

namespace GenAgent.Server.Tests.Mcp;

/// <summary><c>genagent mcp</c> as clients start it: a process that is spoken to over its standard streams.</summary>
public sealed class McpProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string[] Arguments => ["mcp", "--data", _folder["data"], "--agent", "oracle", "--generator", "canvas", "--judge", "verifier"];

    private static string Executable
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return Path.Combine(
                RepoFolder.Root,
                "src",
                "GenAgent.Cli",
                "bin",
                output.Parent!.Name,
                output.Name,
                OperatingSystem.IsWindows() ? "GenAgent.Cli.exe" : "GenAgent.Cli");
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Standard_output_holds_messages_of_the_protocol_alone_and_the_process_ends_with_its_input()
    {
        string[] messages =
        [
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""",
            """{"jsonrpc":"2.0","method":"notifications/initialized"}""",
            """{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"two red circles"}}}""",
            "this is no message",
            """{"jsonrpc":"2.0","id":3,"method":"tools/list"}""",
        ];
        using var process = Process.Start(new ProcessStartInfo(Executable, Arguments)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false
        })!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(120));
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        var answers = new Dictionary<int, JsonElement>();
        foreach (var message in messages) await process.StandardInput.WriteLineAsync(message.AsMemory(), limit.Token);
        while (answers.Count < 3 && await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            var read = JsonDocument.Parse(line).RootElement;
            read.GetProperty("jsonrpc").GetString().ShouldBe("2.0");
            if (read.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number) answers[id.GetInt32()] = read;
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(limit.Token);

        process.ExitCode.ShouldBe(0, await errors);
        answers[1].GetProperty("result").GetProperty("serverInfo").GetProperty("name").GetString().ShouldBe("genagent");
        answers[2].GetProperty("result").GetProperty("content").EnumerateArray().Select(block => block.GetProperty("type").GetString()).ShouldContain("image");
        answers[3].GetProperty("result").GetProperty("tools").GetArrayLength().ShouldBe(5);
    }

    [Fact]
    public async Task The_npm_client_starts_it_and_calls_its_tools() =>
        (await NpmClient.RunAsync("mcp-client.mjs", ["stdio-without-edits", Executable, .. Arguments])).ShouldContain("a cancelled call ends");
}

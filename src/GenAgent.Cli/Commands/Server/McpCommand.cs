using GenAgent.Cli.Hosting;
using GenAgent.Server;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent mcp</c>: the tools of a server for one client, over standard input and output.</summary>
internal sealed class McpCommand() : CliCommand(
    "mcp", "Serves the Model Context Protocol on standard input and output: tools that generate, edit and judge images, and read trajectories.")
{
    private readonly ServeFlags _own = new(listens: false);

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        // Standard output holds messages of the protocol and nothing else: it is not the console's while this runs.
        await using var input = Console.OpenStandardInput();
        await using var output = Console.OpenStandardOutput();
        await McpProgram.RunAsync(
            call.Host, call.Settings(_own.Values(call.Parsed)), input, output, logging => RunningServer.Log(logging, call.Host, call.Verbose),
            call.CancellationToken);
        return ExitCode.Success;
    }
}

using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Server;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent mcp</c>: the tools of a server for one client, over standard input and output.</summary>
internal sealed class McpCommand : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var own = new ServeFlags(listens: false);
        var command = new Command(
            "mcp", "Serves the Model Context Protocol on standard input and output: tools that generate, edit and judge images, and read trajectories.");
        own.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var verbose = parsed.GetValue(flags.Verbose);

            // Standard output holds messages of the protocol and nothing else: it is not the console's while this runs.
            await using var input = Console.OpenStandardInput();
            await using var output = Console.OpenStandardOutput();
            await McpProgram.RunAsync(
                host, flags.Read(host, parsed, own.Values(parsed)), input, output, logging => RunningServer.Log(logging, host, verbose), cancellationToken);
            return (int)ExitCode.Success;
        });
        return command;
    }
}

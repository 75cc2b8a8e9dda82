using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent serve</c>: the API and the page, until it is stopped. The first line of standard output is the address.</summary>
internal sealed class ServeCommand() : CliCommand(
    "serve", "Serves the agent over HTTP: an API with durable jobs, and a web page. With no flags: the embedded models on http://127.0.0.1:5000.")
{
    private readonly ServeFlags _own = new();

    protected override Task<ExitCode> RunAsync(CliCall call) => RunningServer.RunAsync(call, call.Settings(_own.Values(call.Parsed)), readOnly: false);
}

using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent serve</c>: the API and the page, until it is stopped. The first line of standard output is the address.</summary>
internal sealed class ServeCommand : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var own = new ServeFlags();
        var command = new Command(
            "serve", "Serves the agent over HTTP: an API with durable jobs, and a web page. With no flags: the embedded models on http://127.0.0.1:5000.");
        own.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
            RunningServer.RunAsync(host, flags.Read(host, parsed, own.Values(parsed)), readOnly: false, parsed.GetValue(flags.Verbose), cancellationToken));
        return command;
    }
}

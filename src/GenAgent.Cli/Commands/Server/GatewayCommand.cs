using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Server;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent gateway</c>: a chat server that records what agents of any kind call it for, until it is stopped.</summary>
internal sealed class GatewayCommand() : CliCommand(
    "gateway",
    "Forwards chat completions to a model and records them, each rollout below an address of its own, with ids, log-probabilities, images and rewards.")
{
    private readonly Option<string?> _upstream = BackendFlag.Chat("--upstream", "The model that calls go on to");
    private readonly Option<string?> _urls = ServeFlags.Urls();
    private readonly Option<string?> _data = ServeFlags.Data();

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        var settings = call.Settings(
            call.Setting("Gateway:Upstream", _upstream), call.Setting("Server:Urls", _urls), call.Setting("Server:Data", _data));
        return RunningServer.RunAsync(
            call, logging => GenAgentGateway.CreateAsync(call.Host, settings, logging, call.CancellationToken), "Recording; Ctrl-C stops.");
    }
}

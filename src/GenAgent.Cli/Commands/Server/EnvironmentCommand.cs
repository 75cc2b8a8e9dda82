using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Server;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent environment</c>: the agent's loop without its model, for trainers that sample the turns themselves, until it is stopped.</summary>
internal sealed class EnvironmentCommand() : CliCommand(
    "environment", "Serves the agent's loop, tools and rewards as an environment (OpenEnv): each action is a turn of a model that is trained elsewhere.")
{
    private readonly Option<string?> _generator = BackendFlag.Images("The image generator, micro unless given");
    private readonly Option<string?> _judge = BackendFlag.Judge("Who rewards the final image; verifier, for the miniature world");
    private readonly Option<string?> _prompts = Flag.Of<string?>(
        "--prompts", "FILE", "The tasks, a prompt a line (.txt), or records with a prompt (.json, .jsonl).");
    private readonly Option<string?> _urls = ServeFlags.Urls();
    private readonly Option<string?> _data = ServeFlags.Data();

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        var settings = call.Settings(
            call.Setting("Backends:Generator", _generator), call.Setting("Backends:Judge", _judge), call.Setting("Environment:Prompts", _prompts),
            call.Setting("Server:Urls", _urls), call.Setting("Server:Data", _data));
        return RunningServer.RunAsync(
            call, logging => GenAgentEnvironment.CreateAsync(call.Host, settings, logging, call.CancellationToken), "Serving episodes; Ctrl-C stops.");
    }
}

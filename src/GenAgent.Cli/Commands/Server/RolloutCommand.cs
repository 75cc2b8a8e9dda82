using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Server;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent rollout</c>: the agent's loop on the tasks of agent-lightning's server, with the model that is trained there.</summary>
internal sealed class RolloutCommand() : CliCommand(
    "rollout", "Makes rollouts for a trainer behind agent-lightning's server (verl): runs its tasks with its model, judges the images, posts the rewards.")
{
    private readonly Argument<string?> _prompt = new("prompt")
    {
        Description = "The task, where agent-lightning's controller starts this program for one rollout.", Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _server = Flag.Of<string?>("--server", "URL", "The server whose queue is worked on, as http://trainer:8080.");
    private readonly Option<string?> _model = Flag.Of<string?>("--model", "NAME", "The model's name in requests, policy unless given.");
    private readonly Option<string?> _generator = BackendFlag.Images("The image generator, micro unless given");
    private readonly Option<string?> _judge = BackendFlag.Judge("Who rewards the final image; verifier, for the miniature world");
    private readonly Option<string?> _data = ServeFlags.Data();
    private readonly Option<string?> _jobs = Flag.Of<string?>("--jobs", "N", "Rollouts at once, 32 unless given.");
    private readonly Option<bool> _once = Flag.Switch("--once", "Ends when nothing waits, instead of looking again.");

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var settings = call.Settings(
            call.Setting("Rollouts:Server", _server), call.Setting("Rollouts:Model", _model), call.Setting("Backends:Generator", _generator),
            call.Setting("Backends:Judge", _judge), call.Setting("Server:Data", _data), call.Setting("Rollouts:Concurrency", _jobs));
        using var loggers = call.Loggers();
        var failed = await GenAgentRollouts.RunAsync(
            call.Host, settings, call.Parsed.GetValue(_prompt), call.Get(_once), outcome => call.Host.WriteJson(outcome), call.Host.Say, loggers,
            call.CancellationToken);
        return failed == 0 ? ExitCode.Success : ExitCode.Partial;
    }
}

using GenAgent.Cli.Commands.Data;
using GenAgent.Cli.Commands.Eval;
using GenAgent.Cli.Commands.Models;
using GenAgent.Cli.Commands.Server;
using GenAgent.Cli.Commands.Sharing;
using GenAgent.Cli.Commands.Traj;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands;

/// <summary>
/// The commands of <c>genagent</c>, made anew each time, in the order in which the help names them. A new one is a file of its own, and a line here.
/// </summary>
internal static class CommandList
{
    public static IReadOnlyList<ICliCommand> All =>
    [
        new GenerateCommand(),
        new ServeCommand(),
        new ViewCommand(),
        new McpCommand(),
        KeysCommand.All(),
        new GatewayCommand(),
        new EnvironmentCommand(),
        new RolloutCommand(),
        new WorkerCommand(),
        new CommandGroup(
            "traj", "Lists, shows, replays, exports and imports trajectories.",
            new TrajList(), new TrajShow(), new TrajReplay(),
            new TrajExport("Writes a run folder's trajectories to a file that other programs read.", StoredRuns.FolderArgument()), new TrajImport()),
        new CommandGroup(
            "data", "Makes training data: trajectories from a teacher, filters for them, and painted captions.",
            new DataSynth(), new DataFilter(), new DataStats(),
            new TrajExport(
                "Writes a data set to a file that other trainers read.", new("folder") { Description = "A folder that data synth or data filter made." }),
            new DataPaint(), new DataRequests()),
        TrainCommand.All(),
        new PipelineCommand(),
        new CommandGroup(
            "eval", "Evaluates generators and agents, and compares evaluations.",
            new EvalRun(), new EvalList(), new EvalPull(), new EvalRescore(), new EvalCompare(), new EvalJudgeCheck(), new EvalProperties(), new EvalMicro()),
        new CommandGroup(
            "models", "Pulls models from the hub; lists, shows, verifies and removes those that are here; copies a model in another number format.",
            new ModelsPull(), new ModelsList(), new ModelsShow(), new ModelsVerify(), new ModelsRemove(), new ModelsCopy()),
        new DoctorCommand(),
        new CommandGroup("config", "Shows the configuration.", new ConfigShow()),
        new CompletionCommand(),
    ];
}

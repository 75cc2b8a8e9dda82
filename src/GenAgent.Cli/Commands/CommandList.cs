using GenAgent.Cli.Commands.Data;
using GenAgent.Cli.Commands.Eval;
using GenAgent.Cli.Commands.Models;
using GenAgent.Cli.Commands.Traj;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands;

/// <summary>The commands of <c>genagent</c>, in the order in which the help names them. A new one is a file of its own, and a line here.</summary>
internal static class CommandList
{
    public static IReadOnlyList<ICliCommand> All { get; } =
    [
        new GenerateCommand(),
        new TrajCommand(),
        new DataCommand(),
        new TrainCommand(),
        new EvalCommand(),
        new ModelsCommand(),
        new DoctorCommand(),
        new ConfigCommand(),
        new CompletionCommand(),
    ];
}

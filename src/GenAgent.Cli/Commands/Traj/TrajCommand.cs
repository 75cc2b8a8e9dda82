using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj</c>: what run folders hold.</summary>
internal sealed class TrajCommand : ICliCommand
{
    private static readonly ICliCommand[] Parts = [new TrajList(), new TrajShow(), new TrajReplay(), new TrajExport(), new TrajImport()];

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var command = new Command("traj", "Lists, shows, replays, exports and imports trajectories.");
        foreach (var part in Parts)
        {
            command.Subcommands.Add(part.Build(host, flags));
        }

        return command;
    }
}

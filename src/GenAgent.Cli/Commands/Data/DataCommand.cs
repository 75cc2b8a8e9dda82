using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Data;

/// <summary><c>genagent data</c>: makes training data.</summary>
internal sealed class DataCommand : ICliCommand
{
    private static readonly ICliCommand[] Parts = [new DataSynth(), new DataFilter(), new DataStats(), new DataExport(), new DataPaint(), new DataRequests()];

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var command = new Command("data", "Makes training data: trajectories from a teacher, filters for them, and painted captions.");
        foreach (var part in Parts)
        {
            command.Subcommands.Add(part.Build(host, flags));
        }

        return command;
    }
}

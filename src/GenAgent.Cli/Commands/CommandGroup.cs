using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands;

/// <summary>A command that only has commands below it.</summary>
internal sealed class CommandGroup(string name, string description, params ICliCommand[] parts) : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var command = new Command(name, description);
        foreach (var part in parts)
        {
            command.Subcommands.Add(part.Build(host, flags));
        }

        return command;
    }
}

using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands;

/// <summary>A command that only has commands below it.</summary>
internal sealed class CommandGroup(string name, string description, params ICliCommand[] parts) : ICliCommand
{
    /// <summary>Flags that each of the commands takes.</summary>
    public IReadOnlyList<Option> Inherited { get; init; } = [];

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var command = new Command(name, description);
        foreach (var option in Inherited) command.Options.Add(option);
        foreach (var part in parts)
        {
            command.Subcommands.Add(part.Build(host, flags));
        }

        return command;
    }
}

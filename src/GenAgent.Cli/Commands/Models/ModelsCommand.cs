using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models</c>: the models of the hub's cache on this machine.</summary>
internal sealed class ModelsCommand : ICliCommand
{
    private static readonly ICliCommand[] Parts = [new ModelsPull(), new ModelsList(), new ModelsShow(), new ModelsVerify(), new ModelsRemove(), new ModelsCopy(), new ModelsTrainMicro()];

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var command = new Command("models", "Pulls models from the hub; lists, shows, verifies and removes those that are here; copies a model in another number format; trains the embedded ones.");
        foreach (var part in Parts)
        {
            command.Subcommands.Add(part.Build(host, flags));
        }

        return command;
    }

    /// <summary>The argument that names a model.</summary>
    public static Argument<string> ModelArgument() => new("model") { Description = "ORG/NAME or hf:ORG/NAME, with @REVISION where it is not main." };
}

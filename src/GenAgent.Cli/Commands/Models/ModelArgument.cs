using System.CommandLine;

namespace GenAgent.Cli.Commands.Models;

/// <summary>The argument that names a model of the hub.</summary>
internal static class ModelArgument
{
    public static Argument<string> Create() => new("model") { Description = "ORG/NAME or hf:ORG/NAME, with @REVISION where it is not main." };
}

using System.CommandLine;

namespace GenAgent.Cli.Commands.Eval;

/// <summary>The flag that names a price list.</summary>
internal static class PricesFlag
{
    public static Option<string?> Create() => new("--prices") { Description = "What tokens and images cost, as JSON (docs/evaluation.md).", HelpName = "FILE" };
}

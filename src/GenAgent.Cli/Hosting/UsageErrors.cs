using System.CommandLine;
using GenAgent.Validation;

namespace GenAgent.Cli.Hosting;

/// <summary>What is said of a command line that cannot be parsed: what is wrong, what was most likely meant, and where help is.</summary>
internal static class UsageErrors
{
    /// <summary>Whether a group of commands was named without a command, and nothing else is wrong: its help is the best answer.</summary>
    public static bool OnlyCommandMissing(ParseResult parsed) =>
        parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.Errors.Count == 1 && parsed.UnmatchedTokens.Count == 0;

    /// <summary>The error's text.</summary>
    public static string Text(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var unmatched = parsed.UnmatchedTokens;
        var errors = unmatched.Count > 0
            ? [$"\"{unmatched[0]}\" is no {(unmatched[0].StartsWith('-') ? "flag" : "command")} of "
                + $"{PathOf(command)}.{Hint(command, unmatched[0])}"]
            : parsed.Errors.Select(error => error.Message);
        return $"{string.Join('\n', errors)}\nSee: {PathOf(command)} --help";
    }

    /// <summary>The flags of a command, those of its groups included.</summary>
    public static IEnumerable<string> FlagsOf(Command command)
    {
        for (Symbol? symbol = command; symbol is Command here; symbol = symbol.Parents.FirstOrDefault())
        {
            foreach (var option in here.Options.Where(option => !option.Hidden && (here == command || option.Recursive)))
            {
                yield return option.Name;
            }
        }
    }

    // Words with blanks between them are most likely a prompt.
    private static string Hint(Command command, string token) =>
        command is RootCommand && !token.StartsWith('-') && token.Trim().Contains(' ', StringComparison.Ordinal)
            ? $" For an image of it: genagent generate \"{token.Trim()}\""
            : Spelling.Hint(token, Known(command, token));

    private static IEnumerable<string> Known(Command command, string token) =>
        token.StartsWith('-') ? FlagsOf(command) : command.Subcommands.Where(one => !one.Hidden).Select(one => one.Name);

    private static string PathOf(Command command)
    {
        var names = new List<string>();
        for (Symbol? symbol = command; symbol is Command; symbol = symbol.Parents.FirstOrDefault())
        {
            names.Insert(0, symbol is RootCommand ? "genagent" : symbol.Name);
        }

        return string.Join(' ', names);
    }
}

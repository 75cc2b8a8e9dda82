using System.CommandLine;
using System.Text.RegularExpressions;

namespace GenAgent.Cli.Tests.Docs;

/// <summary>A command of <c>genagent</c> as README or docs show it: an example, or a synopsis with placeholders in capitals.</summary>
/// <param name="Place">File and line.</param>
/// <param name="Words">What follows <c>genagent</c>, as a shell would split it; brackets and dots of a synopsis are left out.</param>
/// <param name="IsMention">Whether it stands within a sentence, where required options may be left out.</param>
internal sealed partial record DocumentedCommand(string Place, IReadOnlyList<string> Words, bool IsMention)
{
    private static readonly string[] Files = ["README.md", "CONTRIBUTING.md", "docs", "recipes/README.md", "samples", "models", "examples"];

    // Records of experiments show commands of their time.
    private static readonly string[] Records = ["lab.md"];

    /// <summary>Whether the line can be run as it stands: nothing in it stands for something else.</summary>
    public bool IsExample => !Words.Any(word => word is "|" || Placeholder().IsMatch(word));

    public static IReadOnlyList<DocumentedCommand> All() => [.. Pages().SelectMany(page => Read(page, RepoFolder.Root))];

    /// <summary>The pages that show commands.</summary>
    public static IEnumerable<string> Pages() => Files.Select(file => Path.Combine(RepoFolder.Root, file))
        .SelectMany(path => File.Exists(path) ? [path] : Directory.EnumerateFiles(path, "*.md", SearchOption.AllDirectories))
        .Where(path =>
            !Records.Contains(Path.GetFileName(path))
                && !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    /// <summary>The commands that the words name, from the root to the last, each with the words that are left: several for <c>show|verify</c>.</summary>
    public IEnumerable<(IReadOnlyList<Command> Path, IReadOnlyList<string> After)> Resolve(Command root) => Resolve([root], Words);

    private static IEnumerable<(IReadOnlyList<Command> Path, IReadOnlyList<string> After)> Resolve(IReadOnlyList<Command> path, IReadOnlyList<string> words)
    {
        if (words.Count == 0 || path[^1].Subcommands.Count == 0) return [(path, words)];
        var names = words[0] is "STAGE" ? [.. path[^1].Subcommands.Select(one => one.Name)] : words[0].Split('|');
        return names.SelectMany(name => path[^1].Subcommands.FirstOrDefault(one => one.Name == name || one.Aliases.Contains(name)) is { } command
            ? Resolve([.. path, command], [.. words.Skip(1)])
            : [(path, words)]);
    }

    /// <summary>Values that a word of a synopsis stands for: each alternative, and an example for a placeholder.</summary>
    public static IEnumerable<string> Values(string word) => word.Split('|').Select(value => value switch
    {
        "N" => "1",
        "X" => "0.5",
        "URI" or "URI," => "micro",
        "NAME=VALUE" => "training.steps=1",
        "ORG/NAME" => "org/name",
        _ => value,
    });

    /// <summary>The commands of one page.</summary>
    /// <param name="path">The page.</param>
    /// <param name="root">What its place is told from.</param>
    public static IEnumerable<DocumentedCommand> Read(string path, string root)
    {
        var name = Path.GetRelativePath(root, path);
        var lines = File.ReadAllLines(path);
        for (var i = 0; i < lines.Length; i++)
        {
            if (Shown().Match(lines[i]) is { Success: true } shown)
            {
                var (at, text) = (i + 1, shown.Groups[1].Value);
                while (text.EndsWith('\\')) text = text[..^1] + lines[++i].Trim();
                yield return new($"{name}:{at}", [.. Split(text)], IsMention: false);
                continue;
            }

            foreach (Match inline in Inline().Matches(lines[i])) yield return new($"{name}:{i + 1}", [.. Split(inline.Groups[1].Value)], IsMention: true);
        }
    }

    // A word in quotes is one; what follows a comment's sign, a pipe between commands, a redirection or a closing parenthesis is the shell's.
    private static IEnumerable<string> Split(string text)
    {
        foreach (Match word in Word().Matches(text))
        {
            if (word.Groups["quoted"].Success)
            {
                yield return word.Groups["quoted"].Value;
                continue;
            }

            if (word.Value.StartsWith('#') || word.Value is ">" || (word.Value is "|" && !text.Contains('[') && !text.Contains('('))) yield break;
            var bare = word.Value.Replace("...", string.Empty, StringComparison.Ordinal).Trim('[', ']', '(', ')');
            if (bare.Length > 0) yield return bare;
            if (word.Value.EndsWith(')') && !text.Contains('(')) yield break;
        }
    }

    [GeneratedRegex(@"^\s*(?:\$ )?(?:source <\()?genagent (\S.*?)\s*$")]
    private static partial Regex Shown();

    [GeneratedRegex("`genagent ([^`]+)`")]
    private static partial Regex Inline();

    [GeneratedRegex("""(?<!\S)(?:"(?<quoted>[^"]*)"|'(?<quoted>[^']*)')|\S+""")]
    private static partial Regex Word();

    [GeneratedRegex(@"^[A-Z]+([/=|,][A-Za-z]*)*$|^[a-z0-9-]+(\|[A-Za-z0-9-]+)+$")]
    private static partial Regex Placeholder();
}

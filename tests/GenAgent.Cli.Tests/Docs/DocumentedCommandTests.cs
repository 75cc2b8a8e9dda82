using System.CommandLine;
using System.Text.RegularExpressions;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.EndToEnd;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Docs;

/// <summary>Every command in README and docs: that it exists with its options and values, and, where it needs no server and no GPU, that it runs.</summary>
public sealed partial class DocumentedCommandTests : IDisposable
{
    // Options of other programs that the docs mention.
    private static readonly string[] Foreign =
        ["--id", "--project", "--coverlet", "--coverlet-include", "--coverlet-exclude-by-file", "--coverlet-output-format", "--check", "--locked-mode",
            "--mmproj", "--prerelease",
            "--logprobs-mode", "--weight-transfer-config", "--enable-lora", "--max-lora-rank", "--lora-target-modules", "--api-key", "--served-model-name",
            "--rollouts", "--rate", "--port", "--image-seconds", "--global", "--tool-path", "--add-source", "--self-contained"];

    // URIs of models that a fresh clone does not have.
    private static readonly string[] Elsewhere = ["./", "hf:", "openai:", "comfyui:", "a1111:", "ollama:", "geagent:", "sd:"];

    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    private Command Root => CliApp.BuildRoot(_host.Host(), new GlobalFlags());

    public static TheoryData<string> Examples() =>
        [.. DocumentedCommand.All()
            .Where(command => command.IsExample && Small(command) is not null)
            .Select(command => string.Join(' ', command.Words))
            .Distinct()];

    [Fact]
    public void Every_command_and_option_and_value_that_the_docs_show_exists()
    {
        var faults = new List<string>();
        var commands = DocumentedCommand.All();
        foreach (var command in commands)
        {
            foreach (var (path, rest) in command.Resolve(
                Root)) faults.AddRange(FaultsOf(path, rest).Select(fault => $"{command.Place}: {string.Join(' ', command.Words)}: {fault}"));
            if (command is { IsExample: true, IsMention: false })
            {
                faults.AddRange(Root.Parse([.. command.Words]).Errors.Select(error => $"{command.Place}: {error.Message}"));
            }
        }

        faults.ShouldBeEmpty(string.Join('\n', faults));
        commands.Count.ShouldBeGreaterThan(50);
        commands.SelectMany(command => command.Resolve(Root)).Select(one => one.Path[^1].Name).Distinct().Count().ShouldBeGreaterThan(25);
    }

    [Fact]
    public void Every_option_that_a_page_mentions_is_one_of_genagents_or_known_to_be_anothers()
    {
        var known = Options(Root).SelectMany(option => option.Aliases.Append(option.Name)).Concat(Foreign).ToHashSet(StringComparer.Ordinal);

        var unknown = DocumentedCommand.Pages()
            .SelectMany(page => MentionedOption().Matches(File.ReadAllText(page)).Select(match => $"{Path.GetFileName(page)}: {match.Value}"))
            .Where(mention => !known.Contains(mention.Split(": ")[1])).Distinct();

        unknown.ShouldBeEmpty();

        static IEnumerable<Option> Options(Command command) => command.Options.Concat(command.Subcommands.SelectMany(Options));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_of_the_docs_runs_in_a_fresh_clone(string example)
    {
        var command = DocumentedCommand.All().First(one => string.Join(' ', one.Words) == example);
        var (arguments, isDryRun) = Small(command)!.Value;
        var folder = isDryRun ? RepoFolder.Root : _host.Folder;

        using var genagent = CliProcess.Start(folder, arguments);
        var code = (ExitCode)await genagent.WaitAsync();

        // Data that an earlier stage makes is not there yet; everything else of the recipe is whole. Of an evaluation two images are made.
        if (isDryRun && code == ExitCode.Usage)
        {
            var faults = genagent.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(line => line.StartsWith("  ", StringComparison.Ordinal) || line.Contains("runs", StringComparison.Ordinal)).ToList();
            faults.ShouldNotBeEmpty(genagent.Errors);
            faults.ShouldAllBe(fault => fault.Contains("runs", StringComparison.Ordinal), genagent.Errors);
            return;
        }

        code.ShouldBeOneOf([ExitCode.Success, .. arguments.Contains("--max-images") ? [ExitCode.Partial] : Array.Empty<ExitCode>()], genagent.Errors);
    }

    // The command with the smallest settings; null where it takes a server, a GPU, or data that nobody has made yet.
    private static (string[] Arguments, bool IsDryRun)? Small(DocumentedCommand command) => command.Words switch
    {
        ["train", _, { } recipe, ..] when recipe.EndsWith(".json", StringComparison.Ordinal) && !TakesEngine(command) =>
            ([.. command.Words.Where(word => word != "--dry-run"), "--dry-run"], true),
        ["pipeline", { } file, ..] when file.EndsWith(".json", StringComparison.Ordinal) => ([.. command.Words, "--dry-run"], true),
        ["generate", _, ..] when IsLocal(command) => ([.. command.Words, "--out", "out"], false),
        ["data", "synth", ..] when IsLocal(command) && command.Words.Contains("--out") => ([.. command.Words, "--count", "2"], false),
        ["eval", "run", "freeform", ..] when IsLocal(command) => ([.. command.Words, "--max-images", "2", "--out", "out"], false),
        ["eval", "list"] or ["models", "list"] or ["models", "verify"] or ["config", "show"] or ["completion", _] => ([.. command.Words], false),
        _ => null,
    };

    private static bool TakesEngine(DocumentedCommand command) => command.Words.Any(word => word.StartsWith("engine=", StringComparison.Ordinal));

    private static bool IsLocal(DocumentedCommand command) =>
        !command.Words.Any(word => Elsewhere.Any(start => word.StartsWith(start, StringComparison.Ordinal)));

    private static IEnumerable<string> FaultsOf(IReadOnlyList<Command> path, IReadOnlyList<string> rest)
    {
        if (path[^1].Subcommands.Count > 0 && rest.Count > 0) yield return $"\"{rest[0]}\" is no command";
        var options = path[^1].Options.Concat(path.SkipLast(1).SelectMany(command => command.Options.Where(option => option.Recursive))).ToList();
        for (var i = 0; i < rest.Count; i++)
        {
            if (!rest[i].StartsWith("--", StringComparison.Ordinal)) continue;
            if (options.FirstOrDefault(option => option.Name == rest[i] || option.Aliases.Contains(rest[i])) is not { } option)
            {
                yield return $"{rest[i]} is no option";
                continue;
            }

            // A mention names an option without its value.
            if (option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) || i + 1 == rest.Count) continue;
            foreach (var value in DocumentedCommand.Values(rest[i + 1]))
            {
                foreach (var error in path[0].Parse([.. path.Skip(1).Select(command => command.Name), option.Name, value]).Errors)
                {
                    if (error.SymbolResult is System.CommandLine.Parsing.OptionResult result && result.Option == option) yield return error.Message;
                }
            }
        }
    }

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z0-9-]+")]
    private static partial Regex MentionedOption();
}

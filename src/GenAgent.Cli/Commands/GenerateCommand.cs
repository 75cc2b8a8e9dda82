using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Runs;
using GenAgent.Running;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent generate</c>: images for one prompt or many. The last line of standard output is the path of what was made.</summary>
internal sealed class GenerateCommand : ICliCommand
{
    private const int MostNamed = 20;
    private const int LongestNamed = 100;

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var own = new GenerateFlags();
        var json = JsonFlag.Create();
        var events = JsonRunScreen.Flag();
        var command = new Command("generate", "Makes the image that a prompt asks for, and prints its path.");
        own.AddTo(command);
        command.Options.Add(json);
        command.Options.Add(events);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = flags.Read(host, parsed, own.Values(parsed));
            var words = own.Words(parsed);
            var many = await ReadManyAsync(host, words, parsed.GetValue(own.Prompts), cancellationToken);
            if (many is not null && parsed.GetValue(events))
            {
                throw new CliException(ExitCode.Usage, "--events shows one run: give a single prompt.");
            }

            using var loggers = MaskedLogging.Create(host, parsed.GetValue(flags.Verbose));
            using var composition = await AgentComposition.CreateAsync(host, settings, loggers, cancellationToken);
            var code = many is null
                ? await RunOneAsync(host, settings, composition, string.Join(' ', words), parsed.GetValue(json), parsed.GetValue(events), cancellationToken)
                : await RunManyAsync(host, settings, composition, many, parsed.GetValue(json), cancellationToken);
            return (int)code;
        });
        return command;
    }

    /// <summary>The prompts of a file or of standard input; null if the command line itself holds the prompt.</summary>
    private static async Task<IReadOnlyList<PromptLine>?> ReadManyAsync(CliHost host, string[] words, string? file, CancellationToken cancellationToken) =>
        (words, file) switch
    {
        ([], null) =>
            throw new CliException(
                ExitCode.Usage,
                "There is no prompt. Write one, as in: genagent generate \"a red cat\"; or name a file of them with --prompts FILE, or - for standard input."),
        (["-"], null) or ([], "-") => await PromptReader.ReadAsync(host.Input, "Standard input", cancellationToken),
        (_, null) => null,
        ([], { } named) => await PromptReader.ReadFileAsync(named, host.FullPath(named), cancellationToken),
        _ => throw new CliException(ExitCode.Usage, "Give a prompt or --prompts, not both."),
    };

    private static async Task<ExitCode> RunOneAsync(
        CliHost host, Settings settings, AgentComposition composition, string prompt, bool json, bool events, CancellationToken cancellationToken)
    {
        var run = settings.Get<RunOptions>(RunOptions.SectionName);
        await using var folder = await OpenFolderAsync(host, run, prompt, composition, cancellationToken);
        var single = new SingleRun(host, composition, ScreenFor(host, run, json, events));
        var (result, code) = await single.RunAsync(prompt, composition.Agent.Options.Seed ?? host.FreshSeed(), folder, cancellationToken);
        if (json)
        {
            WriteJson(host, result);
            return code;
        }

        if (result.File is { } file)
        {
            host.WriteResult(host.ShownPath(file));
            return code;
        }

        throw new CliException(code, result.Error!);
    }

    private static async Task<ExitCode> RunManyAsync(
        CliHost host, Settings settings, AgentComposition composition, IReadOnlyList<PromptLine> prompts, bool json, CancellationToken cancellationToken)
    {
        var run = settings.Get<RunOptions>(RunOptions.SectionName);
        await using var folder = await OpenFolderAsync(host, run, $"{prompts.Count} prompts", composition, cancellationToken);
        var path = folder.Path;
        var root = composition.Agent.Options.Seed;
        var manifest = new RunManifest("generate", root ?? host.FreshSeed(), DecidingOptions.OfAgent(settings, composition.Agent)).TakeUp(
            path, seedGiven: root is not null, notice: Notice);
        if (folder.Recovered is { } cut)
        {
            Notice($"{host.ShownPath(path)}: cut off a line that a killed process left half-written ({cut.Length} bytes); its prompt is done again.");
        }

        var toTerminal = host.Output.Profile.Out.IsTerminal;
        var batch = new BatchRun(composition, folder, manifest.RootSeed, run.Concurrency);
        var outcome = await BatchScreen.ShowAsync(host.Screen, prompts.Count, screen => batch.RunAsync(
            prompts,
            result =>
            {
                screen.Show(result);
                if (json)
                {
                    WriteJson(host, result);
                }
                else if (result.File is { } file && !toTerminal)
                {
                    host.WriteResult(host.ShownPath(file));
                }
            },
            screen,
            cancellationToken));
        if (!json && toTerminal)
        {
            host.WriteResult(host.ShownPath(path));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            host.Say(run.Folder is null
                ? $"stopped: the same command with --out {host.ShownPath(path)} does the rest"
                : "stopped: the same command does the rest");
            return host.StoppedBy();
        }

        return outcome.Undone.Count == 0 ? ExitCode.Success
            : TellUndone(host, outcome) is var retried && outcome.Done > 0 && retried ? ExitCode.Partial
            : outcome.OnlyBackendsFailed ? ExitCode.Backend
            : ExitCode.NoImage;

        void Notice(string text) => host.Say(text);
    }

    // Returns whether the same command does any of them again.
    private static bool TellUndone(CliHost host, BatchOutcome outcome)
    {
        foreach (var group in outcome.Undone.GroupBy(undone => undone.IsRetried))
        {
            PromptLine[] prompts = [.. group.Select(undone => undone.Prompt).OrderBy(prompt => prompt.Index)];
            host.Say($"{prompts.Length} of {outcome.Prompts} prompts "
                + $"{(group.Key ? "are not done; the same command does them again" : "have no image; the same command does not do them again (change the prompts, or use another --seed and --out)")}:");
            foreach (var prompt in prompts.Take(MostNamed)) host.Say($"  {prompt.Index + 1}: {TerminalText.OneLine(prompt.Text, LongestNamed)}");
            if (prompts.Length > MostNamed) host.Say($"  and {prompts.Length - MostNamed} more");
        }

        return outcome.Undone.Any(undone => undone.IsRetried);
    }

    // The folder that the user names, which may hold runs already; else a new one that bears what is asked for in its name.
    private static Task<RunFolder> OpenFolderAsync(
        CliHost host, RunOptions run, string asked, AgentComposition composition, CancellationToken cancellationToken) =>
        run.Folder is { } named
            ? RunFolder.OpenAsync(host.FullPath(named), composition.Secrets, cancellationToken)
            : RunFolder.OpenNewAsync(host.FullPath(FileNames.RunFolder(host.Time.GetLocalNow(), asked)), composition.Secrets, cancellationToken);

    private static IRunObserver ScreenFor(CliHost host, RunOptions run, bool json, bool events) =>
        events ? new JsonRunScreen(host)
        : json ? new SilentObserver()
        : host.Screen.Profile.Capabilities.Ansi ? new TerminalRunScreen(host.Screen, TerminalImages.Choose(run.Images, host.Screen, host.Environment))
        : new PlainRunScreen(host.Screen.Profile.Out.Writer);

    private static void WriteJson(CliHost host, GenerateResult result) =>
        host.WriteJson(result with { File = result.File is { } file ? host.ShownPath(file) : null });
}

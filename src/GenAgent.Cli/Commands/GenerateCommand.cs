using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Runs;
using GenAgent.Running;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent generate</c>: images for one prompt or many. The last line of standard output is the path of what was made.</summary>
internal sealed class GenerateCommand() : CliCommand("generate", "Makes the image that a prompt asks for, and prints its path.")
{
    private const int MostNamed = 20;
    private const int LongestNamed = 100;

    private readonly GenerateFlags _own = new();
    private readonly Option<bool> _json = Flag.Json();
    private readonly Option<bool> _events = JsonRunScreen.Flag();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var settings = call.Settings(_own.Values(call.Parsed));
        var words = _own.Words(call.Parsed);
        var many = await ReadManyAsync(call, words, call.Get(_own.Prompts));
        if (many is not null && call.Get(_events)) throw new CliException(ExitCode.Usage, "--events shows one run: give a single prompt.");
        using var loggers = call.Loggers();
        using var composition = await AgentComposition.CreateAsync(call.Host, settings, loggers, call.CancellationToken);
        return many is null
            ? await RunOneAsync(call, settings, composition, string.Join(' ', words))
            : await RunManyAsync(call, settings, composition, many);
    }

    /// <summary>The prompts of a file or of standard input; null if the command line itself holds the prompt.</summary>
    private static async Task<IReadOnlyList<PromptLine>?> ReadManyAsync(CliCall call, string[] words, string? file) => (words, file) switch
    {
        ([], null) =>
            throw new CliException(
                ExitCode.Usage,
                "There is no prompt. Write one, as in: genagent generate \"a red cat\"; or name a file of them with --prompts FILE, or - for standard input."),
        (["-"], null) or ([], "-") => await PromptReader.ReadAsync(call.Host.Input, "Standard input", call.CancellationToken),
        (_, null) => null,
        ([], { } named) => await PromptReader.ReadFileAsync(named, call.Host.FullPath(named), call.CancellationToken),
        _ => throw new CliException(ExitCode.Usage, "Give a prompt or --prompts, not both."),
    };

    private async Task<ExitCode> RunOneAsync(CliCall call, Settings settings, AgentComposition composition, string prompt)
    {
        var host = call.Host;
        var run = settings.Get<RunOptions>(RunOptions.SectionName);
        await using var folder = await RunFolder.OpenAsync(host, run.Folder, prompt, composition.Secrets, call.CancellationToken);
        var seed = composition.Agent.Options.Seed ?? host.FreshSeed();
        var (result, failure) = await new SingleRun(composition, folder).RunAsync(prompt, seed, ScreenFor(call, run), call.CancellationToken);
        var code = CodeOf(call, result, failure);
        if (call.Get(_json)) WriteJson(host, result);
        else if (result.File is { } file) host.WriteResult(host.ShownPath(file));
        else throw new CliException(code, result.Error!);
        return code;
    }

    // A signal that came while the judge was at work stopped the call, too.
    private static ExitCode CodeOf(CliCall call, GenerateResult result, Exception? failure) =>
        failure is not null ? ExitCodes.Of(failure, call.Host)
        : result.StopReason == StopReason.Cancelled || call.CancellationToken.IsCancellationRequested ? call.Host.StoppedBy()
        : result.Status == GenerateStatus.Incomplete ? ExitCode.Backend : ExitCode.Success;

    private async Task<ExitCode> RunManyAsync(CliCall call, Settings settings, AgentComposition composition, IReadOnlyList<PromptLine> prompts)
    {
        var (host, json) = (call.Host, call.Get(_json));
        var run = settings.Get<RunOptions>(RunOptions.SectionName);
        await using var folder = await RunFolder.OpenAsync(host, run.Folder, $"{prompts.Count} prompts", composition.Secrets, call.CancellationToken);
        var root = composition.Agent.Options.Seed;
        var manifest = new RunManifest("generate", root ?? host.FreshSeed(), DecidingOptions.OfAgent(settings, composition.Agent)).TakeUp(
            folder.Path, seedGiven: root is not null, notice: host.Say);
        if (folder.Recovered is { } cut)
        {
            host.Say($"{host.ShownPath(folder.Path)}: cut off a line that a killed process left half-written ({cut.Length} bytes); its prompt is done again.");
        }

        var toTerminal = host.Output.Profile.Out.IsTerminal;
        var batch = new BatchRun(composition, folder, manifest.RootSeed, run.Concurrency);
        var outcome = await BatchScreen.ShowAsync(host.Screen, prompts.Count, screen => batch.RunAsync(
            prompts,
            result =>
            {
                screen.Show(result);
                if (json) WriteJson(host, result);
                else if (result.File is { } file && !toTerminal) host.WriteResult(host.ShownPath(file));
            },
            screen,
            call.CancellationToken));
        if (!json && toTerminal) host.WriteResult(host.ShownPath(folder.Path));
        if (call.CancellationToken.IsCancellationRequested)
        {
            var named = run.Folder is null ? $" with --out {host.ShownPath(folder.Path)}" : string.Empty;
            host.Say($"stopped: the same command{named} does the rest");
            return host.StoppedBy();
        }

        return outcome.Undone.Count == 0 ? ExitCode.Success
            : TellUndone(host, outcome) is var retried && outcome.Done > 0 && retried ? ExitCode.Partial
            : outcome.OnlyBackendsFailed ? ExitCode.Backend
            : ExitCode.NoImage;
    }

    // Returns whether the same command does any of them again.
    private static bool TellUndone(CliHost host, BatchOutcome outcome)
    {
        foreach (var group in outcome.Undone.GroupBy(undone => undone.IsRetried))
        {
            PromptLine[] prompts = [.. group.Select(undone => undone.Prompt).OrderBy(prompt => prompt.Index)];
            var again = group.Key
                ? "are not done; the same command does them again"
                : "have no image; the same command does not do them again (change the prompts, or use another --seed and --out)";
            host.Say($"{prompts.Length} of {outcome.Prompts} prompts {again}:");
            foreach (var prompt in prompts.Take(MostNamed)) host.Say($"  {prompt.Index + 1}: {TerminalText.OneLine(prompt.Text, LongestNamed)}");
            if (prompts.Length > MostNamed) host.Say($"  and {prompts.Length - MostNamed} more");
        }

        return outcome.Undone.Any(undone => undone.IsRetried);
    }

    private IRunObserver ScreenFor(CliCall call, RunOptions run) =>
        call.Get(_events) ? new JsonRunScreen(call.Host)
        : call.Get(_json) ? new SilentObserver()
        : call.Host.Screen is { Profile.Capabilities.Ansi: true } screen
            ? new TerminalRunScreen(screen, TerminalImages.Choose(run.Images, screen, call.Host.Environment))
        : new PlainRunScreen(call.Host.Screen.Profile.Out.Writer);

    private static void WriteJson(CliHost host, GenerateResult result) =>
        host.WriteJson(result with { File = result.File is { } file ? host.ShownPath(file) : null });
}

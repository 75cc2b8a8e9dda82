using System.Collections.Concurrent;
using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Models.Hub;
using Spectre.Console;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models pull</c>: loads a model; what broke off goes on in the next call.</summary>
internal sealed class ModelsPull : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var model = ModelArgument.Create();
        var include = Patterns("--include", "Pulls only files that match, as in --include '*.json' --include 'transformer/'; may be repeated.");
        var exclude = Patterns("--exclude", "Leaves out files that match; may be repeated.");
        var command = new Command("pull", "Loads a model into the hub's cache and prints its folder. HF_TOKEN opens gated models; HF_HOME and HF_ENDPOINT are honoured.") { model, include, exclude };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            host.SameCommandResumes = true;
            var name = HubModel.Parse(parsed.GetRequiredValue(model));
            using var downloader = new HubDownloader(host.HubOptions(), host.Time);
            var pull = await WithProgressAsync(host, progress => downloader.PullAsync(name, parsed.GetValue(include), parsed.GetValue(exclude), progress, cancellationToken));
            host.Screen.WriteLine($"{name}: {pull.Files.Count} files, {ByteSize.Of(pull.Files.Sum(file => file.Size))}, of which {ByteSize.Of(pull.Downloaded)} were loaded now.");
            host.WriteResult(pull.Folder);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static Option<string[]> Patterns(string name, string description) =>
        new(name) { Description = description, HelpName = "PATTERN", DefaultValueFactory = _ => [] };

    private static Task<HubPull> WithProgressAsync(CliHost host, Func<IProgress<HubProgress>, Task<HubPull>> pull) =>
        host.Screen.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context => pull(new Bars(context)));

    /// <summary>A bar a file.</summary>
    private sealed class Bars(ProgressContext context) : IProgress<HubProgress>
    {
        private readonly ConcurrentDictionary<string, Lazy<ProgressTask>> _tasks = new(StringComparer.Ordinal);

        public void Report(HubProgress value)
        {
            // An empty file is done before it begins; a bar needs something to fill.
            var task = _tasks.GetOrAdd(value.File.Path, path => new Lazy<ProgressTask>(() => context.AddTask(Markup.Escape(TerminalText.OneLine(path, 60)), maxValue: Math.Max(1, value.File.Size)))).Value;
            task.Value = value.File.Size == 0 ? 1 : value.Received;
        }
    }
}

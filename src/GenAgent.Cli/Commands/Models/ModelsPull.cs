using System.Collections.Concurrent;
using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Models.Hub;
using Spectre.Console;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models pull</c>: loads a model; what broke off goes on in the next call.</summary>
internal sealed class ModelsPull() : CliCommand(
    "pull", "Loads a model into the hub's cache and prints its folder. HF_TOKEN opens gated models; HF_HOME and HF_ENDPOINT are honoured.")
{
    private readonly Argument<string> _model = Flag.Model();
    private readonly Option<string[]> _include = Flag.Many(
        "--include", "PATTERN", "Pulls only files that match, as in --include '*.json' --include 'transformer/'; may be repeated.");
    private readonly Option<string[]> _exclude = Flag.Many("--exclude", "PATTERN", "Leaves out files that match; may be repeated.");

    protected override bool SameCallResumes => true;

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var name = HubModel.Parse(call.Get(_model));
        using var downloader = new HubDownloader(call.Host.HubOptions(), call.Host.Time);
        var pull = await call.Host.Screen.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(context => downloader.PullAsync(name, call.Get(_include), call.Get(_exclude), new Bars(context), call.CancellationToken));
        var (all, loaded) = (ByteSize.Of(pull.Files.Sum(file => file.Size)), ByteSize.Of(pull.Downloaded));
        call.Host.Screen.WriteLine($"{name}: {pull.Files.Count} files, {all}, of which {loaded} were loaded now.");
        call.Host.WriteResult(pull.Folder);
        return ExitCode.Success;
    }

    /// <summary>A bar a file.</summary>
    private sealed class Bars(ProgressContext context) : IProgress<HubProgress>
    {
        private readonly ConcurrentDictionary<string, Lazy<ProgressTask>> _tasks = new(StringComparer.Ordinal);

        public void Report(HubProgress value)
        {
            // An empty file is done before it begins; a bar needs something to fill.
            var task = _tasks.GetOrAdd(value.File.Path, path => new Lazy<ProgressTask>(() =>
                context.AddTask(Markup.Escape(TerminalText.OneLine(path, 60)), maxValue: Math.Max(1, value.File.Size)))).Value;
            task.Value = value.File.Size == 0 ? 1 : value.Received;
        }
    }
}

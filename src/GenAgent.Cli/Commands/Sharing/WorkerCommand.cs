using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Server;

namespace GenAgent.Cli.Commands.Sharing;

/// <summary>
/// <c>genagent worker</c>: does tasks of shared runs, of any machine, until it is stopped. A stop finishes the tasks under way and gives the rest back.
/// </summary>
internal sealed class WorkerCommand() : CliCommand("worker", "Does tasks of runs that other processes share (--share), until it is stopped.")
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    private readonly Option<string?> _database = Flag.Of<string?>(
        "--database", "URL", "The database that the runs are shared on: postgres://USER@HOST/NAME, or a folder of this machine. The password belongs into "
            + "GENAGENT_Secrets__database.");
    private readonly Option<int> _jobs = Flag.Of("--jobs", "N", "Tasks at once; changes no result.", 8);
    private readonly Option<string?> _run = Flag.Of<string?>("--run", "ID", "Only this run.");
    private readonly Option<string[]> _allow = Flag.Many(
        "--allow", "URI", "A backend that runs may name, besides those of this worker's configuration and models below its working folder; may be repeated.");
    private readonly Option<int?> _idle = Flag.Of<int?>("--idle", "N", "Ends after so many seconds without a task; by default it waits for ever.");
    private readonly Option<int> _stop = Flag.Of("--stop-seconds", "N", "Seconds that tasks under way have to end after a stop.", 120);

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        if (call.Get(_jobs) < 1 || call.Get(_idle) < 0 || call.Get(_stop) < 0)
        {
            throw new CliException(ExitCode.Usage, "--jobs must be 1 or more, --idle and --stop-seconds 0 or more.");
        }

        try
        {
            await WorkAsync(call);
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested)
        {
            // A stop is how a worker ends, whatever it was doing.
        }

        return ExitCode.Success;
    }

    private async Task WorkAsync(CliCall call)
    {
        var host = call.Host;
        var settings = call.Settings(call.Setting($"{ServerOptions.SectionName}:{nameof(ServerOptions.Database)}", _database));
        var database = settings.Get<ServerOptions>(ServerOptions.SectionName).Database
            ?? throw new CliException(ExitCode.Usage, "--database says where runs are shared: postgres://USER@HOST/NAME, or a folder of this machine.");
        await using var board = await ShareFlag.OpenBoardAsync(call, settings, database);
        using var loggers = call.Loggers();
        var scope = new WorkerScope(call, settings, call.Get(_allow), loggers);
        var worker = new SharedWorker(board, call.Get(_jobs), ShareFlag.OptionsOf(settings), host.Time)
        {
            Notice = host.Say,
            Mask = settings.SecretMask,
            StopWithin = TimeSpan.FromSeconds(call.Get(_stop)),
        };
        host.Say("Working; Ctrl-C stops.");
        await WorkAsync(call, board, worker, scope);
    }

    private async Task WorkAsync(CliCall call, ITaskBoard board, SharedWorker worker, WorkerScope scope)
    {
        var (host, stop) = (call.Host, call.CancellationToken);
        RunSearch search = new(host, board, call.Get(_run));
        var busy = host.Time.GetTimestamp();
        await using var current = new CurrentWork();
        while (!stop.IsCancellationRequested)
        {
            if (await search.NextAsync(stop) is not { } next)
            {
                if (call.Get(_idle) is { } most && host.Time.GetElapsedTime(busy) >= TimeSpan.FromSeconds(most)) return;
                await Task.Delay(Period, host.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            try
            {
                await current.OpenAsync(next, scope, stop);
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception wrong) when (call.Get(_run) is null)
            {
                // Whatever the run asks for: it is no reason to leave the others.
                search.Refuse(next, wrong);
                continue;
            }

            host.Say($"Working on run {next.Id} ({next.Kind}).");
            var totals = await worker.RunAsync(next.Id, current.Work!.MakeAsync, Idle, stop);
            host.Say(FormattableString.Invariant($"Run {next.Id}: {totals.Done} done, {totals.Failed} failed, {totals.Refused} refused."));
            busy = host.Time.GetTimestamp();
        }
    }

    /// <summary>What is set up now: models stay loaded as long as the worker stays with a run.</summary>
    private sealed class CurrentWork : IAsyncDisposable
    {
        private SharedRun? _for;

        public ISharedWork? Work { get; private set; }

        public async Task OpenAsync(SharedRun run, WorkerScope scope, CancellationToken cancellationToken)
        {
            if (RunSearch.WorkOf(run).Equals(_for)) return;
            await DisposeAsync();
            if (!run.Version.Equals(RunSharing.Version, StringComparison.Ordinal))
            {
                throw new CliException(ExitCode.Usage, $"it was begun by GenAgent {run.Version}, and this is {RunSharing.Version}.");
            }

            // Only a worker that is set up as the run's owner is remembered.
            var work = run.Kind switch
            {
                SynthesisWork.Kind => await SharedSettings.Read<SynthesisWork>(run.Description).OpenAsync(scope, cancellationToken),
                RolloutWork.Kind => await SharedSettings.Read<RolloutWork>(run.Description).OpenAsync(scope, cancellationToken),
                EvaluationWork.Kind => await SharedSettings.Read<EvaluationWork>(run.Description).OpenAsync(scope, cancellationToken),
                _ => throw new CliException(ExitCode.Usage, $"this version of genagent worker knows no runs of the kind \"{run.Kind}\"."),
            };
            try
            {
                if (RunManifest.FromText(run.Manifest).ChangesTo(work.Manifest).ToList() is { Count: > 0 } changes)
                {
                    throw new CliException(ExitCode.Usage, $"what decides the results is not the same here: {string.Join("; ", changes)}.");
                }
            }
            catch
            {
                await work.DisposeAsync();
                throw;
            }

            (Work, _for) = (work, RunSearch.WorkOf(run));
        }

        public async ValueTask DisposeAsync()
        {
            if (Work is not null) await Work.DisposeAsync();
            (Work, _for) = (null, null);
        }
    }
}

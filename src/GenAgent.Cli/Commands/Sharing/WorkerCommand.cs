using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting;
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
        var host = call.Host;
        if (call.Get(_jobs) < 1 || call.Get(_idle) < 0 || call.Get(_stop) < 0)
        {
            throw new CliException(ExitCode.Usage, "--jobs must be 1 or more, --idle and --stop-seconds 0 or more.");
        }

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
        return ExitCode.Success;
    }

    private async Task WorkAsync(CliCall call, ITaskBoard board, SharedWorker worker, WorkerScope scope)
    {
        var (host, stop) = (call.Host, call.CancellationToken);
        HashSet<SharedRun> refused = [];
        var busy = host.Time.GetTimestamp();
        await using var current = new CurrentWork();
        while (!stop.IsCancellationRequested)
        {
            var runs = await RunsAsync(call, board);
            var next = runs.FirstOrDefault(run => !refused.Contains(run) && (call.Get(_run) is not { } only || run.Id.Equals(only, StringComparison.Ordinal)));
            if (next is null)
            {
                if (call.Get(_idle) is { } most && host.Time.GetElapsedTime(busy) >= TimeSpan.FromSeconds(most)) return;
                await Task.Delay(Period, host.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            try
            {
                await current.OpenAsync(next, scope, stop);
            }
            catch (Exception wrong) when (wrong is not OperationCanceledException && call.Get(_run) is null)
            {
                // Whatever the run asks for: it is no reason to leave the others.
                refused.Add(next);
                host.Say($"Run {next.Id} ({next.Kind}) is left to others: {ErrorMessages.Of(wrong)}");
                continue;
            }

            host.Say($"Working on run {next.Id} ({next.Kind}).");
            var totals = await worker.RunAsync(next.Id, current.Work!.MakeAsync, Idle, stop);
            host.Say(FormattableString.Invariant($"Run {next.Id}: {totals.Done} done, {totals.Failed} failed, {totals.Refused} refused."));
            busy = host.Time.GetTimestamp();
        }
    }

    private static async Task<IReadOnlyList<SharedRun>> RunsAsync(CliCall call, ITaskBoard board)
    {
        try
        {
            return await board.RunsAsync(call.CancellationToken);
        }
        catch (BoardUnavailableException away)
        {
            call.Host.Say($"{away.Message} Trying again.");
            return [];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }

    /// <summary>What is set up now: models stay loaded as long as the worker stays with a run.</summary>
    private sealed class CurrentWork : IAsyncDisposable
    {
        private SharedRun? _run;

        public ISharedWork? Work { get; private set; }

        public async Task OpenAsync(SharedRun run, WorkerScope scope, CancellationToken cancellationToken)
        {
            // The steps of a training are runs that differ in their ids alone.
            if (Work is not null && run.Equals(_run! with { Id = run.Id })) return;
            await DisposeAsync();
            if (!run.Version.Equals(RunSharing.Version, StringComparison.Ordinal))
            {
                throw new CliException(ExitCode.Usage, $"it was begun by GenAgent {run.Version}, and this is {RunSharing.Version}.");
            }

            Work = run.Kind switch
            {
                SynthesisWork.Kind => await SynthesisWork.Read(run.Description).OpenAsync(scope, cancellationToken),
                RolloutWork.Kind => await RolloutWork.Read(run.Description).OpenAsync(scope, cancellationToken),
                EvaluationWork.Kind => await EvaluationWork.Read(run.Description).OpenAsync(scope, cancellationToken),
                _ => throw new CliException(ExitCode.Usage, $"this version of genagent worker knows no runs of the kind \"{run.Kind}\"."),
            };
            if (RunManifest.FromText(run.Manifest).ChangesTo(Work.Manifest).ToList() is { Count: > 0 } changes)
            {
                throw new CliException(ExitCode.Usage, $"what decides the results is not the same here: {string.Join("; ", changes)}.");
            }

            _run = run;
        }

        public async ValueTask DisposeAsync()
        {
            if (Work is not null) await Work.DisposeAsync();
            (Work, _run) = (null, null);
        }
    }
}

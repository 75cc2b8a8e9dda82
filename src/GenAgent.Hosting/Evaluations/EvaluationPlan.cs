using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Hosting.Configuration;
using GenAgent.Running.Sharing;
using GenAgent.Seeds;
using Microsoft.Extensions.Logging;

namespace GenAgent.Hosting.Evaluations;

/// <summary>An evaluation of a system that the settings name. The same plan resumes a run that was stopped.</summary>
/// <param name="Benchmark">What is asked.</param>
/// <param name="Kind">What kind of system.</param>
/// <param name="Folder">Where samples and report go, as a whole path.</param>
/// <param name="Options">How much of it.</param>
public sealed record EvaluationPlan(IBenchmark Benchmark, SystemKind Kind, string Folder, EvaluationOptions Options)
{
    /// <summary>Who judges; null for the benchmark's own judge.</summary>
    public string? Judge { get; init; }

    /// <summary>Limits the calls of a judge; null for no limit.</summary>
    public CallBudget? Calls { get; init; }

    /// <summary>
    /// Whether a chat model judges every image of an agent, not only the final one; it then belongs to what decides the results. Null for every image, without
    /// saying so. Programs always judge all.
    /// </summary>
    public bool? JudgesAttempts { get; init; }

    /// <summary>Rewrites prompts for a generator; null for none.</summary>
    public Func<BenchmarkTask, SeedPath, string?>? Oracle { get; init; }

    /// <summary>What samples call the folder of an agent's runs; null where that is not written down.</summary>
    public string? Place { get; init; } = "trajectories";

    /// <summary>What tokens and images cost; null where nobody says.</summary>
    public PriceList? Prices { get; init; }

    /// <summary>Shares the run with workers; null for a run by this process alone.</summary>
    public RunSharing? Sharing { get; init; }

    /// <summary>Sets a worker of a shared run up, which keeps nothing on its own machine.</summary>
    /// <param name="host">Where backends come from.</param>
    /// <param name="settings">The options.</param>
    /// <param name="loggers">Where to log; null for nowhere.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The run, for <see cref="EvaluationRun.MakeSharedAsync"/>; the caller disposes it.</returns>
    public Task<EvaluationSetup> OpenForWorkerAsync(
        HostEnvironment host, Settings settings, ILoggerFactory? loggers, CancellationToken cancellationToken) =>
        SetUpAsync(host, settings, loggers, notice: null, folder: null, cancellationToken);

    /// <summary>Runs it.</summary>
    /// <param name="host">Where backends come from, and who is told what a user should know.</param>
    /// <param name="settings">The options.</param>
    /// <param name="loggers">Where to log; null for nowhere.</param>
    /// <param name="notice">Is told what a user should know.</param>
    /// <param name="show">Runs the work and shows how far it is.</param>
    /// <param name="cancellationToken">Stops; what is done is kept.</param>
    /// <returns>The report; it is in the folder too.</returns>
    public async Task<EvaluationReport> RunAsync(
        HostEnvironment host, Settings settings, ILoggerFactory? loggers, Action<string> notice,
        Func<Func<IProgress<EvaluationProgress>, Task<EvaluationReport>>, Task<EvaluationReport>> show, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(show);
        await using var made = await SetUpAsync(host, settings, loggers, notice, Folder, cancellationToken);
        return await show(progress => made.Run.RunAsync(Folder, progress, cancellationToken));
    }

    private async Task<EvaluationSetup> SetUpAsync(
        HostEnvironment host, Settings settings, ILoggerFactory? loggers, Action<string>? notice, string? folder, CancellationToken cancellationToken)
    {
        var judge = await BenchmarkJudge.OpenAsync(host, settings, Benchmark, Judge, Calls, cancellationToken);
        try
        {
            var system = await SystemComposition.OpenAsync(host, settings, Kind, folder, Oracle, Place, loggers, cancellationToken);
            var options = Options with { DecidedBy = system.DecidedBy };
            if (judge.Chat is not null && JudgesAttempts is { } judgesAll)
            {
                var decided = new Dictionary<string, string?>(system.DecidedBy, StringComparer.Ordinal) { ["judges every attempt"] = judgesAll ? "yes" : "no" };
                options = options with { JudgesAttempts = judgesAll, DecidedBy = decided };
            }

            return new(
                new EvaluationRun(Benchmark, system.System, options, judge.Judge, host.Time)
                {
                    Notice = notice, Prices = Prices, Sharing = Sharing, Mask = settings.SecretMask,
                },
                judge, system);
        }
        catch
        {
            judge.Dispose();
            throw;
        }
    }
}

/// <summary>An evaluation with its system and its judge, which are disposed of with it.</summary>
public sealed class EvaluationSetup : IAsyncDisposable
{
    private readonly BenchmarkJudge _judge;
    private readonly SystemComposition _system;

    internal EvaluationSetup(EvaluationRun run, BenchmarkJudge judge, SystemComposition system) => (Run, _judge, _system) = (run, judge, system);

    /// <summary>The evaluation.</summary>
    public EvaluationRun Run { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        _judge.Dispose();
    }
}

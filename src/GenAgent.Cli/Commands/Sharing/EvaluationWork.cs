using GenAgent.Cli.Commands.Eval;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;
using GenAgent.Hosting.Evaluations;
using GenAgent.Running;

namespace GenAgent.Cli.Commands.Sharing;

/// <summary>What <c>eval run</c> evaluates: all that its owner and its workers must agree on.</summary>
/// <param name="Benchmark">The benchmark's name, as <c>eval list</c> shows it.</param>
/// <param name="Files">Its files.</param>
/// <param name="Question">The user's copy of the official question; null for none.</param>
/// <param name="System">What kind of system.</param>
/// <param name="Oracle">Whether prompts are rewritten from their constraints.</param>
/// <param name="Judge">The judge's URI; null for the benchmark's own.</param>
/// <param name="JudgesAttempts">Whether a chat model judges every image.</param>
/// <param name="Options">How much of it.</param>
/// <param name="Settings">Options of the configuration, by path.</param>
internal sealed record EvaluationWork(
    string Benchmark, IReadOnlyList<SharedFile> Files, SharedFile? Question, SystemKind System, bool Oracle, string? Judge, bool? JudgesAttempts,
    EvaluationOptions Options, IReadOnlyDictionary<string, string> Settings)
{
    public const string Kind = "evaluation";

    /// <summary>Sets a worker up.</summary>
    public async Task<ISharedWork> OpenAsync(WorkerScope scope, CancellationToken cancellationToken)
    {
        var host = scope.Host;
        var settings = scope.Apply(Settings);
        IBenchmark benchmark = BenchmarkList.Find(Benchmark).Open(host, [.. Files.Select(file => file.Find(host))], Question?.Find(host));

        // A chat model that judges by the benchmark's own choice is named by the benchmark, not by the user.
        if ((Judge ?? (benchmark.ExactJudge is null ? benchmark.OfficialJudge : null)) is { } judge) scope.Check(judge);
        var plan = new EvaluationPlan(benchmark, System, string.Empty, Options)
        {
            Judge = Judge,
            JudgesAttempts = JudgesAttempts,
            Oracle = Oracle ? EvalFlags.OracleRewrite : null,
        };
        return new Setup(await plan.OpenForWorkerAsync(host, settings, scope.Loggers, cancellationToken));
    }

    private sealed class Setup(EvaluationSetup setup) : ISharedWork
    {
        public RunManifest Manifest => setup.Run.Manifest;

        public Task<ReadOnlyMemory<byte>> MakeAsync(string key, CancellationToken cancellationToken) => setup.Run.MakeSharedAsync(key, cancellationToken);

        public ValueTask DisposeAsync() => setup.DisposeAsync();
    }
}

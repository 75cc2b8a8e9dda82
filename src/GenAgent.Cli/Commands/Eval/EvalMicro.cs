using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Evaluations;
using GenAgent.Hosting.Runs;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Prompts;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval micro</c>: the miniature benchmark, judged by the pixel verifier. The same call resumes a stopped one.</summary>
internal sealed class EvalMicro() : CliCommand(
    "micro", "Evaluates a generator or an agent on the miniature benchmark: seven categories and six domains of knowledge.")
{
    private readonly Option<PromptSplit> _split = Flag.Of("--split", "SPLIT", "The prompts: test or validation.", PromptSplit.Test);
    private readonly EvalFlags _system = new();

    protected override bool SameCallResumes => true;

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var host = call.Host;
        var kind = _system.Kind(call.Parsed);
        var settings = call.Settings(_system.Values(call.Parsed));
        var benchmark = new MiniatureBenchmark(call.Get(_split));
        var oracle = _system.OracleOf(call.Parsed);
        var name = SystemComposition.NameOf(settings, kind, oracle is not null);
        var folder = host.FullPath(call.Get(_system.Out) ?? Path.Combine("runs", FileNames.Slug($"eval micro {benchmark.Variant} {name}")));
        using var loggers = call.Loggers();
        var plan = new EvaluationPlan(benchmark, kind, folder, _system.Options(call.Parsed)) { Oracle = oracle, Place = null };
        var report = await plan.RunAsync(host, settings, loggers, host.Say, work => EvalScreen.ShowAsync(host.Screen, host.Time, work), call.CancellationToken);
        call.Write(_system.Json, new { schema = "genagent.eval_micro/1", folder = host.ShownPath(folder), report = MicroReport.Of(report) }, () =>
        {
            EvalScreen.WriteTable(host.Output, benchmark, report);
            host.WriteResult(host.ShownPath(Path.Combine(folder, "report.html")));
        });
        return ExitCode.Success;
    }
}

using System.CommandLine;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Evaluation.Runs;
using GenAgent.Hosting.Evaluations;
using GenAgent.Hosting.Runs;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Prompts;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval micro</c>: the miniature benchmark, judged by the pixel verifier. The same call resumes a stopped one.</summary>
internal sealed class EvalMicro : ICliCommand
{
    private readonly EvalFlags _system = new();
    private readonly Option<PromptSplit> _split = new("--split")
    {
        Description = "The prompts: test or validation.",
        HelpName = "SPLIT",
        DefaultValueFactory = _ => PromptSplit.Test
    };

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var command = new Command(
            "micro", "Evaluates a generator or an agent on the miniature benchmark: seven categories and six domains of knowledge.") { _split };
        _system.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            host.SameCommandResumes = true;
            var kind = _system.Kind(parsed);
            var settings = flags.Read(host, parsed, _system.Values(parsed));
            var benchmark = new MiniatureBenchmark(parsed.GetValue(_split));
            var oracle = _system.OracleOf(parsed);
            var name = SystemComposition.NameOf(settings, kind, oracle is not null);
            var folder = host.FullPath(parsed.GetValue(_system.Out) ?? Path.Combine("runs", FileNames.Slug($"eval micro {benchmark.Variant} {name}")));
            using var loggers = MaskedLogging.Create(host, parsed.GetValue(flags.Verbose));
            await using var system = await SystemComposition.OpenAsync(host, settings, kind, folder, oracle, place: null, loggers, cancellationToken);
            var run = new EvaluationRun(
                benchmark, system.System, _system.Options(parsed) with { DecidedBy = system.DecidedBy }, time: host.Time) { Notice = host.Say };
            var report = await EvalScreen.ShowAsync(host.Screen, host.Time, progress => run.RunAsync(folder, progress, cancellationToken));
            if (parsed.GetValue(_system.Json))
            {
                host.WriteResult(JsonSerializer.Serialize(
                    new { schema = "genagent.eval_micro/1", folder = host.ShownPath(folder), report = MicroReport.Of(report) }, SnakeCaseJson.Options));
                return (int)ExitCode.Success;
            }

            EvalScreen.WriteTable(host.Output, benchmark, report);
            host.WriteResult(host.ShownPath(Path.Combine(folder, "report.html")));
            return (int)ExitCode.Success;
        });
        return command;
    }
}

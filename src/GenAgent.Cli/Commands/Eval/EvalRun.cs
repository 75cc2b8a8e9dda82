using System.CommandLine;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Hosting.Evaluations;
using GenAgent.Hosting.Runs;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval run</c>: any benchmark, any system, any judge. The same call resumes a stopped one.</summary>
internal sealed class EvalRun : ICliCommand
{
    private readonly EvalFlags _system = new();
    private readonly Argument<string> _name = new("name") { Description = "The benchmark, as eval list names it." };
    private readonly Option<string[]> _files = new("--benchmark") { Description = "The benchmark's file, where it reads one; may be repeated where it has several.", HelpName = "FILE", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _judge = BackendFlag.Judge("Who judges: a chat model that sees images, or a program; by default the judge of the published figures");
    private readonly Option<string?> _question = new("--question") { Description = "Your copy of the official judging script or question, where it cannot be shipped (WISE).", HelpName = "FILE" };
    private readonly Option<bool> _attempts = new("--judge-attempts") { Description = "Has every image of an agent judged, not only the final one: what reflection gains." };
    private readonly Option<bool> _rewrite = new("--rewrite") { Description = "One turn of the agent's model, which never sees the image: rewriting alone." };
    private readonly Option<long?> _maxImages = new("--max-images") { Description = "Stops before more images than this are made in this call.", HelpName = "N" };
    private readonly Option<long?> _maxCalls = new("--max-judge-calls") { Description = "Stops before the judge is asked more often than this in this call.", HelpName = "N" };
    private readonly Option<string?> _prices = PricesFlag.Create();

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var command = new Command("run", "Evaluates a generator or an agent on a benchmark.") { _name, _files, _judge, _question, _attempts, _rewrite, _maxImages, _maxCalls, _prices };
        _system.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var kind = _system.Kind(parsed, parsed.GetValue(_rewrite));
            var settings = flags.Read(host, parsed, _system.Values(parsed));
            var question = parsed.GetValue(_question) is { } file ? host.FullPath(file) : null;
            var benchmark = BenchmarkList.Find(parsed.GetRequiredValue(_name)).Open(host, [.. parsed.GetValue(_files)!.Select(host.FullPath)], question);
            var prices = parsed.GetValue(_prices) is { } list ? PriceList.Read(host.FullPath(list)) : null;
            var oracle = _system.OracleOf(parsed);
            var name = SystemComposition.NameOf(settings, kind, oracle is not null);
            var folder = host.FullPath(parsed.GetValue(_system.Out) ?? Path.Combine("runs", FileNames.Slug($"eval {benchmark.Name} {benchmark.Variant} {name}")));
            var calls = parsed.GetValue(_maxCalls) is { } most ? new CallBudget(most) : null;
            using var loggers = MaskedLogging.Create(host, parsed.GetValue(flags.Verbose));
            using var judge = await BenchmarkJudge.OpenAsync(host, settings, benchmark, parsed.GetValue(_judge), calls, cancellationToken);
            await using var system = await SystemComposition.OpenAsync(host, settings, kind, folder, oracle, "trajectories", loggers, cancellationToken);
            var judgesAll = judge.Chat is null || parsed.GetValue(_attempts);
            var decided = judge.Chat is null ? system.DecidedBy : new Dictionary<string, string?>(system.DecidedBy, StringComparer.Ordinal) { ["judges every attempt"] = judgesAll ? "yes" : "no" };
            var options = _system.Options(parsed) with { DecidedBy = decided, JudgesAttempts = judgesAll, MaxImages = parsed.GetValue(_maxImages) };
            var run = new EvaluationRun(benchmark, system.System, options, judge.Judge, host.Time) { Notice = host.Say, Prices = prices };
            var report = await EvalScreen.ShowAsync(host.Screen, host.Time, progress => run.RunAsync(folder, progress, cancellationToken));
            if (parsed.GetValue(_system.Json))
            {
                host.WriteResult(JsonSerializer.Serialize(new { schema = "genagent.eval/1", folder = host.ShownPath(folder), report, cost = report.Cost, currency = report.Currency }, SnakeCaseJson.Options));
            }
            else
            {
                EvalScreen.WriteTable(host.Output, benchmark, report);
                ScoreScreen.Write(host.Output, benchmark, report);
                host.WriteResult(host.ShownPath(Path.Combine(folder, "report.html")));
            }

            if (report.StoppedBy is { } limit)
            {
                host.Say(FormattableString.Invariant($"Stopped: {limit} that were allowed are spent, {report.Done} of {report.Total} done. The same command does the rest."));
                return (int)ExitCode.Partial;
            }

            return (int)ExitCode.Success;
        });
        return command;
    }
}

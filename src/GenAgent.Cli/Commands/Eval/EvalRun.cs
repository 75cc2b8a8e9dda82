using System.CommandLine;
using GenAgent.Cli.Commands.Sharing;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Reports;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Evaluations;
using GenAgent.Hosting.Runs;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval run</c>: any benchmark, any system, any judge. The same call resumes a stopped one.</summary>
internal sealed class EvalRun() : CliCommand("run", "Evaluates a generator or an agent on a benchmark.")
{
    private readonly Argument<string> _name = Flag.Argument("name", "The benchmark, as eval list names it.");
    private readonly Option<string[]> _files = Flag.Many(
        "--benchmark", "FILE", "The benchmark's file, where it reads one; may be repeated where it has several.");
    private readonly Option<string?> _judge = BackendFlag.Judge(
        "Who judges: a chat model that sees images, or a program; by default the judge of the published figures");
    private readonly Option<string?> _question = Flag.Of<string?>(
        "--question", "FILE", "Your copy of the official judging script or question, where it cannot be shipped (WISE).");
    private readonly Option<bool> _attempts = Flag.Switch(
        "--judge-attempts", "Has every image of an agent judged, not only the final one: what reflection gains.");
    private readonly Option<bool> _rewrite = Flag.Switch(
        "--rewrite", "One turn of the agent's model, which never sees the image: rewriting alone.");
    private readonly Option<long?> _maxImages = Flag.Of<long?>("--max-images", "N", "Stops before more images than this are made in this call.");
    private readonly Option<long?> _maxCalls = Flag.Of<long?>("--max-judge-calls", "N", "Stops before the judge is asked more often than this in this call.");
    private readonly Option<string?> _prices = PricesFlag.Create();
    private readonly ShareFlag _share = new();
    private readonly EvalFlags _system = new();

    protected override bool SameCallResumes => true;

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var host = call.Host;
        var kind = _system.Kind(call.Parsed, call.Get(_rewrite));
        var settings = call.Settings(_system.Values(call.Parsed));
        var question = call.Get(_question) is { } file ? host.FullPath(file) : null;
        var benchmark = BenchmarkList.Find(call.Get(_name)).Open(host, [.. call.Get(_files).Select(host.FullPath)], question);
        var oracle = _system.OracleOf(call.Parsed);
        var name = SystemComposition.NameOf(settings, kind, oracle is not null);
        var folder = host.FullPath(call.Get(_system.Out) ?? Path.Combine("runs", FileNames.Slug($"eval {benchmark.Name} {benchmark.Variant} {name}")));
        var plan = new EvaluationPlan(benchmark, kind, folder, _system.Options(call.Parsed) with { MaxImages = call.Get(_maxImages) })
        {
            Judge = call.Get(_judge),
            Calls = call.Get(_maxCalls) is { } most ? new CallBudget(most) : null,
            JudgesAttempts = call.Get(_attempts),
            Oracle = oracle,
            Prices = call.Get(_prices) is { } list ? Given.Read(() => PriceList.Read(host.FullPath(list))) : null,
        };
        using var loggers = call.Loggers();
        await using var share = await _share.OpenAsync(call, settings, plan.Options.Concurrency, () => Describe(call, settings, plan, question));
        plan = plan with { Sharing = share?.Sharing, Options = plan.Options with { Concurrency = Math.Max(1, plan.Options.Concurrency) } };
        var report = await plan.RunAsync(host, settings, loggers, host.Say, work => EvalScreen.ShowAsync(host.Screen, host.Time, work), call.CancellationToken);
        EvalResult.Write(call, _system.Json, folder, benchmark, report);
        if (report.StoppedBy is not { } limit) return ExitCode.Success;
        host.Say(FormattableString.Invariant(
            $"Stopped: {limit} that were allowed are spent, {report.Done} of {report.Total} done. The same command does the rest."));
        return ExitCode.Partial;
    }

    private EvaluationWork Describe(CliCall call, Settings settings, EvaluationPlan plan, string? question)
    {
        if (call.Get(_maxImages) is not null || call.Get(_maxCalls) is not null)
        {
            throw new CliException(ExitCode.Usage, "--share: --max-images and --max-judge-calls count in one process only. Leave them out.");
        }

        var options = plan.Options with { Concurrency = 1, DecidedBy = new Dictionary<string, string?>(StringComparer.Ordinal) };
        return new(
            call.Get(_name), [.. call.Get(_files).Select(file => SharedFile.Of(call.Host, call.Host.FullPath(file)))],
            question is null ? null : SharedFile.Of(call.Host, question), plan.Kind, plan.Oracle is not null, plan.Judge, plan.JudgesAttempts, options,
            SharedSettings.Of(settings));
    }
}

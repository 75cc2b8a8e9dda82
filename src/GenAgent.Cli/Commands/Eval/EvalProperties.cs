using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Properties;
using GenAgent.Evaluation.Runs;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Evaluations;
using GenAgent.Hosting.Runs;
using GenAgent.Micro.Training.Plots;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Eval;

/// <summary>
/// <c>genagent eval properties</c>: cross-tool generalization, test-time scaling and task-adaptive reasoning of an agent. The same call resumes a stopped one.
/// </summary>
internal sealed class EvalProperties() : CliCommand("properties", "Measures the three properties of an agent: over tools, over rounds, by task.")
{
    private readonly Option<string?> _agent = BackendFlag.Chat("--agent", "The agent's model", "micro");
    private readonly Option<string> _generators = Flag.Of("--generators", "URI,...", "The generators, between commas.", "micro,micro-b,canvas");
    private readonly Option<string> _trained = Flag.Of(
        "--trained-with", "URI,...", "Those that the agent was trained with, between commas.", "micro");
    private readonly Option<string> _rounds = Flag.Of("--rounds", "FROM-TO", "The limits of rounds.", "1-4");
    private readonly Option<int> _seeds = Flag.Of("--seeds", "N", "Images a prompt, each with its own seed.", 4);
    private readonly Option<string> _benchmark = Flag.Of("--benchmark", "NAME", "The benchmark, as eval list names it.", "micro");
    private readonly Option<string?> _judge = BackendFlag.Judge("Who judges, where no program does");
    private readonly Option<int?> _perTag = Flag.Of<int?>("--prompts-per-tag", "N", "Only the first prompts of each category.");
    private readonly Option<ulong> _seed = Flag.Seed();
    private readonly Option<int> _jobs = Flag.Jobs("Images in the making");
    private readonly Option<string?> _out = Flag.Of<string?>("--out", "DIR", "The folder; by default one below runs/.");
    private readonly Option<bool> _json = Flag.Json();

    protected override bool SameCallResumes => true;

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var host = call.Host;
        var (from, to) = Limits(call.Get(_rounds));
        var benchmark = BenchmarkList.Find(call.Get(_benchmark)).Open(host, [], question: null);
        var root = host.FullPath(call.Get(_out) ?? Path.Combine("runs", FileNames.Slug($"eval properties {benchmark.Name} {call.Get(_agent)}")));
        var trained = List(call.Get(_trained));
        List<PropertyRuns> runs = [];
        foreach (var generator in List(call.Get(_generators)))
        {
            var folder = Path.Combine(root, FileNames.Slug(generator));
            var (alone, agent) = (Path.Combine(folder, "alone"), Path.Combine(folder, "agent"));
            await EvaluateAsync(call, benchmark, generator, rounds: null, alone);
            await EvaluateAsync(call, benchmark, generator, to, agent);
            runs.Add(PropertyRuns.Load(benchmark, generator, trained.Contains(generator, StringComparer.Ordinal), alone, agent));
        }

        var report = PropertyFigures.Of(benchmark, runs, from, to);
        var document = new { schema = "genagent.eval_properties/1", agent = call.Get(_agent), benchmark = benchmark.Name, report };
        var file = Path.Combine(root, "properties.json");
        AtomicFile.Write(file, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(document, SnakeCaseJson.Options)));
        EvaluationPlots.Write(root, report);
        call.Write(_json, document, () =>
        {
            PropertyScreen.Write(host.Output, report);
            host.WriteResult(host.ShownPath(file));
        });
        return ExitCode.Success;
    }

    private async Task EvaluateAsync(CliCall call, IBenchmark benchmark, string generator, int? rounds, string folder)
    {
        var (host, kind) = (call.Host, rounds is null ? SystemKind.Generator : SystemKind.Agent);
        var settings = call.Settings(
            new FlagValue("Backends:Agent", call.Get(_agent), _agent.Name),
            new FlagValue("Backends:Generator", generator, _generators.Name),
            new FlagValue("Agent:MaxRounds", rounds?.ToString(CultureInfo.InvariantCulture), _rounds.Name));
        var options = new EvaluationOptions
        {
            ImagesPerPrompt = call.Get(_seeds),
            Seed = call.Get(_seed),
            PromptsPerCategory = call.Get(_perTag),
            Concurrency = call.Get(_jobs),
        };
        using var loggers = call.Loggers();
        host.Say($"{SystemComposition.NameOf(settings, kind, oracle: false)}:");
        await new EvaluationPlan(benchmark, kind, folder, options) { Judge = call.Get(_judge) }.RunAsync(
            host, settings, loggers, host.Say, work => EvalScreen.ShowAsync(host.Screen, host.Time, work), call.CancellationToken);
    }

    private static string[] List(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static (int From, int To) Limits(string text)
    {
        var ends = text.Split('-');
        return ends.Length <= 2 && int.TryParse(ends[0], CultureInfo.InvariantCulture, out var from) && from >= 1
            && int.TryParse(ends[^1], CultureInfo.InvariantCulture, out var to) && to >= from
            ? (from, to)
            : throw new CliException(ExitCode.Usage, $"--rounds {text}: write FROM-TO, as in 1-4.");
    }
}

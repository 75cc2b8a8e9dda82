using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Properties;
using GenAgent.Evaluation.Runs;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Evaluations;
using GenAgent.Hosting.Runs;
using GenAgent.Storage;
using Spectre.Console;
using static System.FormattableString;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval properties</c>: cross-tool generalization, test-time scaling and task-adaptive reasoning of an agent. The same call resumes a stopped one.</summary>
internal sealed class EvalProperties : ICliCommand
{
    private readonly Option<string?> _agent = BackendFlag.Chat("--agent", "The agent's model", "micro");
    private readonly Option<string> _generators = new("--generators") { Description = "The generators, between commas.", HelpName = "URI,...", DefaultValueFactory = _ => "micro,micro-b,canvas" };
    private readonly Option<string> _trained = new("--trained-with") { Description = "Those that the agent was trained with, between commas.", HelpName = "URI,...", DefaultValueFactory = _ => "micro" };
    private readonly Option<string> _rounds = new("--rounds") { Description = "The limits of rounds.", HelpName = "FROM-TO", DefaultValueFactory = _ => "1-4" };
    private readonly Option<int> _seeds = new("--seeds") { Description = "Images a prompt, each with its own seed.", HelpName = "N", DefaultValueFactory = _ => 4 };
    private readonly Option<string> _benchmark = new("--benchmark") { Description = "The benchmark, as eval list names it.", HelpName = "NAME", DefaultValueFactory = _ => "micro" };
    private readonly Option<string?> _judge = BackendFlag.Judge("Who judges, where no program does");
    private readonly Option<int?> _perTag = new("--prompts-per-tag") { Description = "Only the first prompts of each category.", HelpName = "N" };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Where all randomness comes from.", HelpName = "N", DefaultValueFactory = _ => 1UL };
    private readonly Option<int> _jobs = new("--jobs") { Description = "Images in the making at once; changes no result.", HelpName = "N", DefaultValueFactory = _ => 16 };
    private readonly Option<string?> _out = new("--out") { Description = "The folder; by default one below runs/.", HelpName = "DIR" };

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var json = JsonFlag.Create();
        var command = new Command("properties", "Measures the three properties of an agent: over tools, over rounds, by task.")
        {
            _agent, _generators, _trained, _rounds, _seeds, _benchmark, _judge, _perTag, _seed, _jobs, _out, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            host.SameCommandResumes = true;
            var (from, to) = Limits(parsed.GetValue(_rounds)!);
            var benchmark = BenchmarkList.Find(parsed.GetValue(_benchmark)!).Open(host, [], question: null);
            var root = host.FullPath(parsed.GetValue(_out) ?? Path.Combine("runs", FileNames.Slug($"eval properties {benchmark.Name} {parsed.GetValue(_agent)}")));
            var trained = List(parsed.GetValue(_trained)!);
            List<PropertyRuns> runs = [];
            foreach (var generator in List(parsed.GetValue(_generators)!))
            {
                var folder = Path.Combine(root, FileNames.Slug(generator));
                var (alone, agent) = (Path.Combine(folder, "alone"), Path.Combine(folder, "agent"));
                await EvaluateAsync(host, flags, parsed, benchmark, generator, rounds: null, alone, cancellationToken);
                await EvaluateAsync(host, flags, parsed, benchmark, generator, to, agent, cancellationToken);
                runs.Add(PropertyRuns.Load(benchmark, generator, trained.Contains(generator, StringComparer.Ordinal), alone, agent));
            }

            var report = PropertyFigures.Of(benchmark, runs, from, to);
            var document = JsonSerializer.Serialize(new { schema = "genagent.eval_properties/1", agent = parsed.GetValue(_agent), benchmark = benchmark.Name, report }, SnakeCaseJson.Options);
            AtomicFile.Write(Path.Combine(root, "properties.json"), Encoding.UTF8.GetBytes(document));
            PropertyPlots.Write(root, report);
            if (!parsed.GetValue(json))
            {
                Show(host.Output, report);
                document = host.ShownPath(Path.Combine(root, "properties.json"));
            }

            host.WriteResult(document);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private async Task EvaluateAsync(
        CliHost host, GlobalFlags flags, ParseResult parsed, IBenchmark benchmark, string generator, int? rounds, string folder, CancellationToken cancellationToken)
    {
        var kind = rounds is null ? SystemKind.Generator : SystemKind.Agent;
        var settings = flags.Read(host, parsed,
        [
            new FlagValue("Backends:Agent", parsed.GetValue(_agent), _agent.Name),
            new FlagValue("Backends:Generator", generator, _generators.Name),
            new FlagValue("Agent:MaxRounds", rounds?.ToString(CultureInfo.InvariantCulture), _rounds.Name),
        ]);
        using var loggers = MaskedLogging.Create(host, parsed.GetValue(flags.Verbose));
        using var judge = await BenchmarkJudge.OpenAsync(host, settings, benchmark, parsed.GetValue(_judge), (CallBudget?)null, cancellationToken);
        await using var system = await SystemComposition.OpenAsync(host, settings, kind, folder, oracle: null, "trajectories", loggers, cancellationToken);
        var options = new EvaluationOptions
        {
            ImagesPerPrompt = parsed.GetValue(_seeds),
            Seed = parsed.GetValue(_seed),
            PromptsPerCategory = parsed.GetValue(_perTag),
            Concurrency = parsed.GetValue(_jobs),
            DecidedBy = system.DecidedBy,
        };
        host.Say($"{SystemComposition.NameOf(settings, kind, oracle: false)}:");
        var run = new EvaluationRun(benchmark, system.System, options, judge.Judge, host.Time) { Notice = host.Say };
        await EvalScreen.ShowAsync(host.Screen, host.Time, progress => run.RunAsync(folder, progress, cancellationToken));
    }

    private static void Show(IAnsiConsole console, PropertyReport report)
    {
        var tools = Table("over tools", "generator", "alone", "95 %", "with the agent", "95 %", "gain", "95 %");
        foreach (var t in report.Tools)
        {
            tools.AddRow(
                Markup.Escape(t.Generator + (t.Trained ? " (trained)" : string.Empty)), Invariant($"{t.Alone:F3}"), Invariant($"{t.AloneInterval:F3}"), Invariant($"{t.WithAgent:F3}"), Invariant($"{t.WithAgentInterval:F3}"), Invariant($"{t.Gain:+0.000;-0.000}"), Invariant($"{t.GainInterval:+0.000;-0.000}"));
        }

        var rounds = Table("over rounds", "generator", "at most", "success", "95 %", "best so far", "images", "later worse", "later better");
        foreach (var r in report.Rounds)
        {
            rounds.AddRow(Markup.Escape(r.Generator), Invariant($"{r.Limit}"), Invariant($"{r.Success:F3}"), Invariant($"{r.Interval:F3}"), Invariant($"{r.BestSoFar:F3}"), Invariant($"{r.Images:F2}"), Invariant($"{r.LaterWorse:F3}"), Invariant($"{r.LaterBetter:F3}"));
        }

        var efforts = Table("by task", "prompts", "runs", "thinking words", "tokens", "turns", "images", "stop at 1, 2, ... images", "success");
        foreach (var e in report.Categories.Concat(report.Difficulties))
        {
            var shares = string.Join(' ', e.ImageShares.Select(s => Invariant($"{s:F2}")));
            efforts.AddRow(Markup.Escape(e.Name), Invariant($"{e.Runs}"), Invariant($"{e.ThinkingWords:F1}"), Invariant($"{e.OutputTokens:F0}"), Invariant($"{e.Rounds:F2}"), Invariant($"{e.Images:F2}"), shares, Invariant($"{e.Success:F3}"));
        }

        console.Write(tools);
        console.Write(rounds);
        console.Write(efforts);
    }

    private static Table Table(string title, params string[] heads) => new Table().Border(TableBorder.Rounded).Title(new TableTitle(title)).AddColumns(heads);

    private static string[] List(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static (int From, int To) Limits(string text)
    {
        var ends = text.Split('-');
        return int.TryParse(ends[0], CultureInfo.InvariantCulture, out var from) && int.TryParse(ends[^1], CultureInfo.InvariantCulture, out var to) && ends.Length <= 2 && from >= 1 && to >= from
            ? (from, to)
            : throw new CliException(ExitCode.Usage, $"--rounds {text}: write FROM-TO, as in 1-4.");
    }
}

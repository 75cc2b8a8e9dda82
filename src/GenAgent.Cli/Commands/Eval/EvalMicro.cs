using System.CommandLine;
using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Generators;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Runs;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Prompts;
using GenAgent.Seeds;
using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval micro</c>: the miniature benchmark, judged by the pixel verifier. The same call goes on where a stopped one ended.</summary>
internal sealed class EvalMicro : ICliCommand
{
    private readonly Option<string?> _generator = new("--generator") { Description = "The image generator.", HelpName = "URI" };
    private readonly Option<string?> _agent = new("--agent") { Description = "The agent's model; without it prompts go straight to the generator.", HelpName = "URI" };
    private readonly Option<bool> _oracle = new("--oracle") { Description = "Rewrites each prompt from its constraints into a dense caption: what a perfect agent would send." };
    private readonly Option<int> _images = new("--images") { Description = "Images a prompt, each with its own seed.", HelpName = "N", DefaultValueFactory = _ => 4 };
    private readonly Option<PromptSplit> _split = new("--split") { Description = "The prompts: test or validation.", HelpName = "SPLIT", DefaultValueFactory = _ => PromptSplit.Test };
    private readonly Option<string[]> _tags = new("--tag") { Description = "Only prompts of this category or domain; may be repeated.", HelpName = "TAG", DefaultValueFactory = _ => [] };
    private readonly Option<int?> _perTag = new("--prompts-per-tag") { Description = "Only the first prompts of each category: for a quick look.", HelpName = "N" };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Where all randomness comes from.", HelpName = "N", DefaultValueFactory = _ => 1UL };
    private readonly Option<int> _jobs = new("--jobs") { Description = "Images in the making at once; changes no result.", HelpName = "N", DefaultValueFactory = _ => 16 };
    private readonly Option<string?> _steps = new("--steps") { Description = "Denoising steps.", HelpName = "N" };
    private readonly Option<string?> _draftSteps = new("--draft-steps") { Description = "Denoising steps of an agent's first image; by default --steps where given, else what the generator recommends.", HelpName = "N" };
    private readonly Option<string?> _guidance = new("--guidance") { Description = "Guidance scale.", HelpName = "X" };
    private readonly Option<string?> _rounds = new("--rounds") { Description = "The agent's most rounds that make images; by default as many as its model was trained with, else 4.", HelpName = "N" };
    private readonly Option<string?> _out = new("--out") { Description = "The folder; by default one below runs/ that is named for what is evaluated.", HelpName = "DIR" };

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var json = JsonFlag.Create();
        var command = new Command("micro", "Evaluates a generator or an agent on the miniature benchmark: seven categories and six domains of knowledge.")
        {
            _generator, _agent, _oracle, _images, _split, _tags, _perTag, _seed, _jobs, _steps, _draftSteps, _guidance, _rounds, _out, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(_oracle) && parsed.GetValue(_agent) is not null)
            {
                throw new CliException(ExitCode.Usage, "--oracle and --agent exclude each other: the oracle stands in for an agent.");
            }

            var settings = flags.Read(host, parsed, Values(parsed));
            var benchmark = new MiniatureBenchmark(parsed.GetValue(_split));
            var options = Options(parsed);
            var backends = settings.Get<BackendOptions>(BackendOptions.SectionName);
            var name = Name(parsed, backends, settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName));
            var folder = host.FullPath(parsed.GetValue(_out) ?? Path.Combine("runs", FileNames.Slug($"eval micro {benchmark.Variant} {name}")));
            var report = parsed.GetValue(_agent) is null
                ? await EvaluateGeneratorAsync(host, settings, parsed, benchmark, name, options, folder, cancellationToken)
                : await EvaluateAgentAsync(host, settings, parsed.GetValue(flags.Verbose), benchmark, name, options, folder, cancellationToken);
            Show(host, benchmark, report, folder, parsed.GetValue(json));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private IEnumerable<FlagValue> Values(ParseResult parsed) =>
    [
        new("Backends:Generator", parsed.GetValue(_generator), _generator.Name),
        new("Backends:Agent", parsed.GetValue(_agent), _agent.Name),
        new("Agent:Steps", parsed.GetValue(_steps), _steps.Name),
        new("Agent:DraftSteps", parsed.GetValue(_draftSteps), _draftSteps.Name),
        new("Agent:GuidanceScale", parsed.GetValue(_guidance), _guidance.Name),
        new("Agent:MaxRounds", parsed.GetValue(_rounds), _rounds.Name),
    ];

    private EvaluationOptions Options(ParseResult parsed) => new()
    {
        ImagesPerPrompt = parsed.GetValue(_images),
        Seed = parsed.GetValue(_seed),
        Categories = parsed.GetValue(_tags) is { Length: > 0 } tags ? tags : null,
        PromptsPerCategory = parsed.GetValue(_perTag),
        Concurrency = parsed.GetValue(_jobs),
    };

    /// <summary>What is evaluated, with all that changes its results: a folder is only resumed under the same name.</summary>
    private string Name(ParseResult parsed, BackendOptions backends, ImageAgentOptions agent)
    {
        var sampling = string.Concat(agent.Steps is { } steps ? $", {steps} steps" : null, agent.DraftSteps is { } draft ? $", drafts of {draft} steps" : null, agent.GuidanceScale is { } scale ? $", guidance {scale}" : null);
        var who = parsed.GetValue(_agent) is null
            ? backends.Generator + (parsed.GetValue(_oracle) ? ", oracle prompts" : string.Empty)
            : $"{backends.Agent} with {backends.Generator}{(agent.MaxRounds is { } rounds ? $", {rounds} rounds" : null)}";
        return who + sampling;
    }

    private async Task<EvaluationReport> EvaluateGeneratorAsync(
        CliHost host, Settings settings, ParseResult parsed, MiniatureBenchmark benchmark, string name, EvaluationOptions options, string folder, CancellationToken cancellationToken)
    {
        var registry = BackendComposition.Create(host, settings);
        using var generator = await registry.CreateImageGeneratorAsync(settings.Get<BackendOptions>(BackendOptions.SectionName).Generator, cancellationToken);
        var agent = settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName);
        var sampling = new ImageGenerationOptions();
        if (agent.Steps is { } steps)
        {
            sampling.With(ImageOptionsExtensions.StepsKey, steps);
        }

        if (agent.GuidanceScale is { } scale)
        {
            sampling.With(ImageOptionsExtensions.GuidanceScaleKey, scale);
        }

        Func<BenchmarkTask, SeedPath, string?>? oracle = parsed.GetValue(_oracle) ? (task, seed) => OracleRewriter.Rewrite(task.Constraints!, seed.Child("oracle")) : null;
        options = options with { DecidedBy = Deciding.OfGenerator(settings, generator) };
        var run = new EvaluationRun(benchmark, new GeneratorSystem(name, generator, oracle, sampling), options, time: host.Time);
        return await EvalScreen.ShowAsync(host.Screen, progress => run.RunAsync(folder, progress, cancellationToken));
    }

    private static async Task<EvaluationReport> EvaluateAgentAsync(
        CliHost host, Settings settings, bool verbose, MiniatureBenchmark benchmark, string name, EvaluationOptions options, string folder, CancellationToken cancellationToken)
    {
        using var loggers = MaskedLogging.Create(host, verbose);
        using var composition = await AgentComposition.CreateAsync(host, settings, loggers, cancellationToken);
        await using var store = await RunStore.OpenAsync(Path.Combine(folder, "trajectories"), composition.Secrets, cancellationToken);
        options = options with { DecidedBy = Deciding.OfAgent(settings, composition.Agent) };
        var run = new EvaluationRun(benchmark, new AgentSystem(name, composition.Agent, store), options, time: host.Time);
        return await EvalScreen.ShowAsync(host.Screen, progress => run.RunAsync(folder, progress, cancellationToken));
    }

    private static void Show(CliHost host, MiniatureBenchmark benchmark, EvaluationReport report, string folder, bool json)
    {
        if (json)
        {
            host.WriteResult(JsonSerializer.Serialize(new { schema = "genagent.eval_micro/1", folder = host.ShownPath(folder), report = MicroReport.Of(report) }, SnakeCaseJson.Options));
            return;
        }

        EvalScreen.WriteTable(host.Output, benchmark, report);
        host.WriteResult(host.ShownPath(Path.Combine(folder, "report.html")));
    }
}

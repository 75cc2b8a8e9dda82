using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Evaluations;
using GenAgent.Micro.Prompts;
using GenAgent.Seeds;

namespace GenAgent.Cli.Commands.Eval;

/// <summary>The flags that say which system is evaluated, and how.</summary>
internal sealed class EvalFlags : FlagGroup
{
    public Option<string?> Generator { get; } = BackendFlag.Images("The image generator, micro unless given");

    public Option<string?> Agent { get; } = BackendFlag.Chat("--agent", "The agent's model; without it prompts go straight to the generator");

    public ToolFlag Tool { get; } = new();

    public Option<bool> Oracle { get; } = Flag.Switch(
        "--oracle", "Rewrites each prompt from its constraints into a dense caption: what a perfect agent would send.");

    public Option<int> Images { get; } = new("--images", "--seeds")
    {
        Description = "Images a prompt, each with its own seed.", HelpName = "N", DefaultValueFactory = _ => 4,
    };

    public Option<string[]> Tags { get; } = Flag.Many("--tag", "TAG", "Only prompts of this category or domain; may be repeated.");

    public Option<int?> PerTag { get; } = Flag.Of<int?>("--prompts-per-tag", "N", "Only the first prompts of each category: for a quick look.");

    public Option<ulong> Seed { get; } = Flag.Seed();

    public Option<int> Jobs { get; } = Flag.Jobs("Images in the making");

    public Option<string?> Steps { get; } = Flag.Of<string?>("--steps", "N", "Denoising steps.");

    public Option<string?> DraftSteps { get; } = Flag.Of<string?>(
        "--draft-steps", "N", "Denoising steps of an agent's first image; by default --steps where given, else what the generator recommends.");

    public Option<string?> Guidance { get; } = Flag.Of<string?>("--guidance", "X", "Guidance scale.");

    public Option<string?> Rounds { get; } = Flag.Of<string?>(
        "--rounds", "N", "The agent's most rounds that make images; by default as many as its model was trained with, else 4.");

    public Option<string?> Out { get; } = Flag.Of<string?>(
        "--out", "DIR", "The folder; by default one below runs/ that is named for what is evaluated.");

    public Option<bool> Json { get; } = Flag.Json();

    public override IEnumerable<Symbol> Symbols =>
        [Generator, Agent, Tool.Option, Oracle, Images, Tags, PerTag, Seed, Jobs, Steps, DraftSteps, Guidance, Rounds, Out, Json];

    public IEnumerable<FlagValue> Values(ParseResult parsed) =>
    [
        new("Backends:Generator", parsed.GetValue(Generator), Generator.Name),
        new("Backends:Agent", parsed.GetValue(Agent), Agent.Name),
        new("Agent:Steps", parsed.GetValue(Steps), Steps.Name),
        new("Agent:DraftSteps", parsed.GetValue(DraftSteps), DraftSteps.Name),
        new("Agent:GuidanceScale", parsed.GetValue(Guidance), Guidance.Name),
        new("Agent:MaxRounds", parsed.GetValue(Rounds), Rounds.Name),
        .. Tool.Values(parsed),
    ];

    public EvaluationOptions Options(ParseResult parsed) => new()
    {
        ImagesPerPrompt = parsed.GetValue(Images),
        Seed = parsed.GetValue(Seed),
        Categories = parsed.GetValue(Tags) is { Length: > 0 } tags ? tags : null,
        PromptsPerCategory = parsed.GetValue(PerTag),
        Concurrency = parsed.GetValue(Jobs),
    };

    /// <summary>What kind of system the flags name.</summary>
    /// <exception cref="CliException">They name two, or tools for a system that calls none.</exception>
    public SystemKind Kind(ParseResult parsed, bool rewrite = false)
    {
        if (parsed.GetValue(Oracle) && (parsed.GetValue(Agent) is not null || rewrite))
        {
            throw new CliException(ExitCode.Usage, "--oracle and --agent exclude each other: the oracle stands in for an agent.");
        }

        if (parsed.GetValue(Tool.Option) is { Length: > 0 } && (parsed.GetValue(Agent) is null || rewrite))
        {
            throw new CliException(ExitCode.Usage, "--tool is for an agent that chooses among tools: name one with --agent, without --rewrite.");
        }

        return rewrite ? SystemKind.Rewrite : parsed.GetValue(Agent) is null ? SystemKind.Generator : SystemKind.Agent;
    }

    /// <summary>Rewrites prompts from their constraints, and declines what has none; null without <c>--oracle</c>.</summary>
    public Func<BenchmarkTask, SeedPath, string?>? OracleOf(ParseResult parsed) => parsed.GetValue(Oracle) ? OracleRewrite : null;

    /// <summary>The prompt of a perfect agent; null to decline.</summary>
    public static string? OracleRewrite(BenchmarkTask task, SeedPath seed) =>
        task.Constraints is { } constraints ? OracleRewriter.Rewrite(constraints, seed.Child("oracle")) : null;
}

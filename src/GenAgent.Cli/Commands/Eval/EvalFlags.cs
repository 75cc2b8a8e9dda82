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
internal sealed class EvalFlags
{
    public Option<string?> Generator { get; } = BackendFlag.Images("The image generator, micro unless given");

    public Option<string?> Agent { get; } = BackendFlag.Chat("--agent", "The agent's model; without it prompts go straight to the generator");

    public ToolFlag Tool { get; } = new();

    public Option<bool> Oracle { get; } = new("--oracle")
    {
        Description = "Rewrites each prompt from its constraints into a dense caption: what a perfect agent would send."
    };

    public Option<int> Images { get; } = new("--images", "--seeds")
    {
        Description = "Images a prompt, each with its own seed.",
        HelpName = "N",
        DefaultValueFactory = _ => 4
    };

    public Option<string[]> Tags { get; } = new("--tag")
    {
        Description = "Only prompts of this category or domain; may be repeated.",
        HelpName = "TAG",
        DefaultValueFactory = _ => []
    };

    public Option<int?> PerTag { get; } = new("--prompts-per-tag")
    {
        Description = "Only the first prompts of each category: for a quick look.",
        HelpName = "N"
    };

    public Option<ulong> Seed { get; } = new("--seed") { Description = "Where all randomness comes from.", HelpName = "N", DefaultValueFactory = _ => 1UL };

    public Option<int> Jobs { get; } = new("--jobs")
    {
        Description = "Images in the making at once; changes no result.",
        HelpName = "N",
        DefaultValueFactory = _ => 16
    };

    public Option<string?> Steps { get; } = new("--steps") { Description = "Denoising steps.", HelpName = "N" };

    public Option<string?> DraftSteps { get; } = new("--draft-steps")
    {
        Description = "Denoising steps of an agent's first image; by default --steps where given, else what the generator recommends.",
        HelpName = "N"
    };

    public Option<string?> Guidance { get; } = new("--guidance") { Description = "Guidance scale.", HelpName = "X" };

    public Option<string?> Rounds { get; } = new("--rounds")
    {
        Description = "The agent's most rounds that make images; by default as many as its model was trained with, else 4.",
        HelpName = "N"
    };

    public Option<string?> Out { get; } = new("--out")
    {
        Description = "The folder; by default one below runs/ that is named for what is evaluated.",
        HelpName = "DIR"
    };

    public Option<bool> Json { get; } = JsonFlag.Create();

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Generator, Agent, Tool.Option, Oracle, Images, Tags, PerTag, Seed, Jobs, Steps, DraftSteps, Guidance, Rounds, Out,
            Json })
        {
            command.Options.Add(option);
        }
    }

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
    public Func<BenchmarkTask, SeedPath, string?>? OracleOf(ParseResult parsed) => parsed.GetValue(Oracle)
        ? (task, seed) => task.Constraints is { } constraints ? OracleRewriter.Rewrite(constraints, seed.Child("oracle")) : null
        : null;
}

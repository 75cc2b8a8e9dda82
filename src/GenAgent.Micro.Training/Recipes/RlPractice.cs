using GenAgent.Agents;
using GenAgent.Micro.Training.Synthesis;
using GenAgent.Models;
using GenAgent.Running.Sharing;
using GenAgent.Seeds;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Recipes;
using GenAgent.Training.Synthesis;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>What the rollouts of a recipe are made of beside the policy: prompts, generator, rewards. Owns generator and judges.</summary>
internal sealed class RlPractice : IDisposable
{
    /// <summary>The kinds of prompts that a recipe can name. A part that brings one adds its line here.</summary>
    private static readonly SortedDictionary<string, Func<RlPromptOptions, TrainCall, ISynthesisPrompts>> Kinds = new(StringComparer.Ordinal)
    {
        ["micro"] = (prompts, _) => new MicroPrompts(prompts.Outside, prompts.Requests),
        ["file"] = (prompts, call) => new PromptFile(call.FullPath(prompts.Path)),
    };

    private readonly RlRecipe _recipe;
    private readonly TrainCall _call;
    private readonly ISynthesisPrompts _prompts;
    private readonly RlJudges _judges;
    private readonly IImageGenerator _generator;

    private RlPractice(RlRecipe recipe, TrainCall call, ISynthesisPrompts prompts, RlJudges judges, IImageGenerator generator) =>
        (_recipe, _call, _prompts, _judges, _generator) = (recipe, call, prompts, judges, generator);

    /// <summary>What decides the rollouts. Which engine samples does, where its replicas are does not.</summary>
    public string Identity
    {
        get
        {
            var engine = BackendUri.TryParse(_recipe.Engine, out var uri, out _) ? $"sampled by {uri.Scheme}:{uri.Model}; " : "";
            var steps = _recipe.Steps is { } count ? $"{count} steps; " : "";
            return $"{_prompts.Name}; {_recipe.Generator}; {engine}{steps}{_recipe.BrokenTurns} broken turns; {_judges.Rubric.Identity}";
        }
    }

    /// <summary>Opens all that a recipe names.</summary>
    /// <exception cref="RecipeException">Something that it names is not there, or not trusted.</exception>
    public static RlPractice Open(RlRecipe recipe, TrainCall call)
    {
        var prompts = PromptsOf(recipe, call);
        var judges = new RlJudges(recipe, call);
        try
        {
            return new(recipe, call, prompts, judges, call.OpenGenerator(recipe.Generator, "generator"));
        }
        catch
        {
            judges.Dispose();
            throw;
        }
    }

    /// <summary>What a recipe practises on.</summary>
    /// <exception cref="RecipeException">There are no prompts of this kind.</exception>
    public static ISynthesisPrompts PromptsOf(RlRecipe recipe, TrainCall call) => Kinds.TryGetValue(recipe.Prompts.Kind, out var open)
        ? open(recipe.Prompts, call)
        : throw new RecipeException($"prompts.kind: there is no kind \"{recipe.Prompts.Kind}\"; there are {string.Join(", ", Kinds.Keys)}.");

    /// <summary>Makes the rollouts of steps with a model.</summary>
    /// <param name="model">The policy. The caller owns it.</param>
    /// <param name="folder">The folder that holds one folder a step.</param>
    /// <param name="seeds">The root of all seeds.</param>
    /// <param name="sharing">Shares each step with workers; null for this process alone.</param>
    public RolloutCollector Collector(IChatClient model, string folder, SeedPath seeds, RunSharing? sharing = null)
    {
        var options = new ImageAgentOptions
        {
            MaxRounds = _recipe.Grpo.Rounds,
            Steps = _recipe.Steps,
            Faults = new FaultLimits { BrokenTurns = _recipe.BrokenTurns },
        };
        var agent = new ImageAgent(model, _generator, options, timeProvider: _call.Surroundings.Time);
        return new RolloutCollector(agent, _prompts, _judges.Rubric, _recipe.Grpo, folder, seeds, _call.Surroundings.Time)
        {
            Sharing = sharing, Notice = _call.Screen.Tell,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _generator.Dispose();
        _judges.Dispose();
    }
}

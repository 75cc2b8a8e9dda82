using System.Globalization;
using GenAgent.Agents;
using GenAgent.Judging;
using GenAgent.Micro.Training.Evaluations;
using GenAgent.Micro.Training.Synthesis;
using GenAgent.Seeds;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Grpo;
using GenAgent.Training.Grpo.Engines;
using GenAgent.Training.Grpo.Rewards;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Recipes;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Synthesis;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>Composes a run of <c>genagent train rl</c>: policy, agent, generator, judges, prompts, and the trainer.</summary>
public static class RlRun
{
    /// <summary>The kinds of prompts that a recipe can name. A part that brings one adds its line here.</summary>
    private static readonly SortedDictionary<string, Func<RlPromptOptions, TrainCall, ISynthesisPrompts>> Kinds = new(StringComparer.Ordinal)
    {
        ["micro"] = (prompts, _) => new MicroPrompts(prompts.Outside, prompts.Requests),
        ["file"] = (prompts, call) => new PromptFile(call.FullPath(prompts.Path)),
    };

    /// <summary>Runs a recipe in a folder.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>How far training came.</returns>
    public static TrainingOutcome Execute(TrainCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var recipe = call.Read<RlRecipe>();
        if (call.Sharing is not null && recipe.Engine.Length == 0)
        {
            throw new RecipeException("--share: workers sample from an engine that all of them reach. Name one: --set engine=vllm:NAME@http://HOST:8000");
        }

        if (call.Sharing is not null && recipe.Recorded.Length > 0)
            throw new RecipeException("--share: recorded rollouts are made by others already; leave --share or recorded out.");
        var start = StartOf(recipe, call);
        if (recipe.Rollouts.Generator.Length > 0) call.RequireTrusted(recipe.Rollouts.Generator, "rollouts.generator");
        AgentFolder.CopySettings(start, Path.Combine(call.Folder, "model"));
        AgentFolder.WriteBias(Path.Combine(call.Folder, "model"), recipe.WordBias);

        using var engine = recipe.Engine.Length > 0 ? call.OpenEngine(recipe, start) : null;
        using var policy = Policy.Load(start, recipe.Grpo, recipe.Training, engine is null ? null : new RemoteSampling(engine, EngineWeights(recipe, call)));
        using var generator = recipe.Recorded.Length > 0 ? null : call.OpenGenerator(recipe.Generator, "generator");
        var (identity, source) = generator is null ? Recorded(recipe, call) : Made(recipe, call, policy, generator);
        using var trainer = new GrpoTrainer(recipe.Grpo, recipe.Training, policy, start, call.Folder, identity, source);
        call.Screen.Tell(string.Create(
            CultureInfo.InvariantCulture,
            $"{trainer.ParameterCount} trainable values, {recipe.Training.Steps} steps of {recipe.Grpo.Prompts} prompts x {recipe.Grpo.Rollouts} rollouts"));
        return trainer.Run(
            call.Resume,
            recipe.Rollouts.Generator.Length > 0 ? new RolloutEvaluation(recipe.Rollouts, call) : null,
            call.Screen,
            call.Screen.Tell,
            call.CancellationToken);
    }

    // Rollouts by our own agent, with the policy as its model.
    private static (string Identity, Func<SeedPath, IRolloutSource> Source) Made(
        RlRecipe recipe, TrainCall call, Policy policy, IImageGenerator generator)
    {
        var prompts = Prompts(recipe, call);
        var rubric = Rubric(recipe, call);
        var agent = new ImageAgent(policy.Client, generator, AgentOptions(recipe), timeProvider: call.Surroundings.Time);
        return (Identity(recipe, prompts, rubric), seeds =>
            new RolloutCollector(agent, prompts, rubric, recipe.Grpo, Path.Combine(call.Folder, "rollouts"), seeds, call.Surroundings.Time)
            {
                Sharing = call.Sharing, Notice = call.Screen.Tell,
            });
    }

    // Rollouts of another agent. Where its model is the recipe's engine, it gets the weights of each step.
    private static (string Identity, Func<SeedPath, IRolloutSource> Source) Recorded(RlRecipe recipe, TrainCall call)
    {
        var folder = new TrajectoryFolder(call.FullPath(recipe.Recorded));
        var taken = Path.Combine(call.Folder, "rollouts", "recorded.jsonl");
        return ($"recorded in {recipe.Recorded}", _ => new RecordedCollector(folder, recipe.Grpo, taken, call.Surroundings.Time)
        {
            Follows = recipe.Engine.Length > 0, Notice = call.Screen.Tell,
        });
    }

    /// <summary>Says what a recipe will take, and all that is wrong with it, without loading a weight.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>Lines for people, and faults; no fault means that training can begin.</returns>
    public static DryRun Check(TrainCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var recipe = call.Read<RlRecipe>();
        var found = new DryRunFindings();
        var isRecorded = recipe.Recorded.Length > 0;
        if (isRecorded) found.Say($"recorded rollouts: {new TrajectoryFolder(call.FullPath(recipe.Recorded)).TrajectoryFile}");
        else
        {
            found.Try(() => found.Say($"prompts: {Prompts(recipe, call).Name}"));
            found.Try(() => found.Say($"rewards: {Rubric(recipe, call).Identity}"));
        }

        found.Try(() => TrainingDevice.Require(recipe.Training));
        if (recipe.Engine.Length > 0)
        {
            found.Try(() => call.OpenEngine(recipe, StartOf(recipe, call)).Dispose());
            found.Say($"engine: {recipe.Engine}, which reads {(recipe.Grpo.LoraRank > 0 ? "adapters" : "weights")} from {EngineWeights(recipe, call)}");
        }
        if (!isRecorded) found.Try(() => call.OpenGenerator(recipe.Generator, "generator").Dispose());
        if (recipe.Rollouts.Generator.Length > 0) found.Try(() => call.OpenGenerator(recipe.Rollouts.Generator, "rollouts.generator").Dispose());
        var rollouts = (long)recipe.Grpo.Prompts * recipe.Grpo.Rollouts;
        found.Say($"steps: {recipe.Training.Steps:N0}, each of {recipe.Grpo.Prompts} prompts x {recipe.Grpo.Rollouts} rollouts = {rollouts:N0} (at most "
            + $"{rollouts * recipe.Grpo.MaxGroups:N0}), of which {recipe.Grpo.Prompts * recipe.Grpo.Kept:N0} are trained on; learning rate "
            + $"{recipe.Training.LearningRate}");
        if (!isRecorded) found.Say($"generator: {recipe.Generator}, at most {rollouts * recipe.Grpo.Rounds:N0} images a step; judge: {recipe.Judge}");
        found.Try(() =>
        {
            var estimate = SftEstimate.Of(Estimated(recipe), Qwen25VLConfig.Load(StartOf(recipe, call)));
            found.Say($"parameters: {estimate.Parameters:N0}, of which {estimate.Trainable:N0} learn");
            var copies = (recipe.Grpo.MaxStaleness > 0 && recipe.Engine.Length == 0 ? 1 : 0) + (recipe.Grpo.Kl > 0 ? 1 : 0);
            foreach (var part in estimate.Memory.Where(part => part.Bytes > 0)) found.Say($"memory: {part.Bytes / 1e9,9:N3} GB {part.What}");
            if (copies > 0)
            {
                found.Say($"memory: {copies * estimate.Parameters * 4 / 1e9,9:N3} GB {copies} more {(copies == 1 ? "copy" : "copies")} of the weights (own "
                    + "sampler, reference)");
            }
            found.Say($"memory: {(estimate.Total / 1e9) + (copies * estimate.Parameters * 4 / 1e9),9:N3} GB in all, and the generator's");
        });
        return found.ToDryRun();
    }

    /// <summary>Sets a worker up for the rollouts of a run that another process trains: they are sampled by the recipe's engine.</summary>
    /// <param name="call">Where it runs; the recipe's servers are named among its changes.</param>
    /// <param name="recipe">The recipe.</param>
    /// <returns>The worker; the caller disposes it.</returns>
    /// <exception cref="RecipeException">The recipe cannot be used here.</exception>
    /// <exception cref="GenAgent.Models.BackendException">No replica of the engine can be used.</exception>
    public static RlWorker OpenWorker(TrainCall call, RlRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(recipe);
        var start = StartOf(recipe, call);
        var prompts = Prompts(recipe, call);
        var rubric = Rubric(recipe, call);
        var manifest = GrpoTrainer.RolloutManifest(recipe.Grpo, recipe.Training, start, Identity(recipe, prompts, rubric));
        var generator = call.OpenGenerator(recipe.Generator, "generator");
        try
        {
            var engine = call.OpenEngine(recipe, start);
            var agent = new ImageAgent(engine.Client, generator, AgentOptions(recipe), timeProvider: call.Surroundings.Time);
            var seeds = GrpoTrainer.RolloutSeeds(recipe.Training);
            var collector = new RolloutCollector(agent, prompts, rubric, recipe.Grpo, call.Folder, seeds, call.Surroundings.Time);
            return new RlWorker(manifest, collector, engine, generator);
        }
        catch
        {
            generator.Dispose();
            throw;
        }
    }

    private static ImageAgentOptions AgentOptions(RlRecipe recipe) => new()
    {
        MaxRounds = recipe.Grpo.Rounds,
        Steps = recipe.Steps,
        Faults = new FaultLimits { BrokenTurns = recipe.BrokenTurns },
    };

    private static string StartOf(RlRecipe recipe, TrainCall call) =>
        call.ChatModelFolder(recipe.StartFrom) is { } folder && File.Exists(Path.Combine(folder, Qwen25VLConfig.FileName))
        ? folder
        : throw new RecipeException(
            $"startFrom: {(recipe.StartFrom.Length == 0 ? "nothing" : recipe.StartFrom)} holds no {Qwen25VLConfig.FileName}: reinforcement learning begins "
                + "with a fine-tuned model (genagent train sft), name its folder or URI.");

    private static string EngineWeights(RlRecipe recipe, TrainCall call) =>
        recipe.EngineWeights.Length > 0 ? call.FullPath(recipe.EngineWeights) : Path.Combine(call.Folder, "engine-weights");

    private static SftTrainerOptions Estimated(RlRecipe recipe) => new()
    {
        Sft = new SftOptions
        {
            PackTokens = recipe.Grpo.PackTokens,
            LoraRank = recipe.Grpo.LoraRank,
            LoraTargets = recipe.Grpo.LoraTargets,
            FreezeVision = recipe.Grpo.FreezeVision
        },
        Training = recipe.Training with { BatchSize = recipe.Grpo.Prompts * recipe.Grpo.Kept, EmaDecay = 0 },
    };

    private static ISynthesisPrompts Prompts(RlRecipe recipe, TrainCall call) => Kinds.TryGetValue(recipe.Prompts.Kind, out var open)
        ? open(recipe.Prompts, call)
        : throw new RecipeException($"prompts.kind: there is no kind \"{recipe.Prompts.Kind}\"; there are {string.Join(", ", Kinds.Keys)}.");

    private static Rubric Rubric(RlRecipe recipe, TrainCall call)
    {
        var pairwise = recipe.PairwiseJudge.Length > 0
            ? new PairwiseJudge(call.OpenChat(recipe.PairwiseJudge, "pairwiseJudge"))
            : null;
        return new Rubric(
            recipe.Rewards, Judge(recipe.Judge, "judge", call), pairwise, recipe.Monitor.Length > 0 ? Judge(recipe.Monitor, "monitor", call) : null);
    }

    private static IJudge Judge(string uri, string key, TrainCall call)
    {
        var backends = call.Surroundings.Backends();
        return backends.IsJudge(uri)
            ? Wait(backends.CreateJudgeAsync(uri, call.CancellationToken))
            : new PointwiseJudge(call.OpenChat(uri, key));
    }

    private static T Wait<T>(ValueTask<T> made) => made.AsTask().GetAwaiter().GetResult();

    // Which engine samples decides the rollouts, where its replicas are does not.
    private static string Identity(RlRecipe recipe, ISynthesisPrompts prompts, Rubric rubric)
    {
        var engine = recipe.Engine.Length > 0 ? $"sampled by {recipe.Engine.Split('@')[0]}; " : "";
        var steps = recipe.Steps is { } count ? $"{count} steps; " : "";
        return $"{prompts.Name}; {recipe.Generator}; {engine}{steps}{recipe.BrokenTurns} broken turns; {rubric.Identity}";
    }
}

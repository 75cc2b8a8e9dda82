using System.Globalization;
using GenAgent.Micro.Training.Evaluations;
using GenAgent.Seeds;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Grpo;
using GenAgent.Training.Grpo.Engines;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Recipes;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Trajectories;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>Composes a run of <c>genagent train rl</c>: policy, agent, generator, judges, prompts, and the trainer.</summary>
public static class RlRun
{
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

        // What a recipe has wrong is told before weights are loaded.
        using var practice = recipe.Recorded.Length > 0 ? null : RlPractice.Open(recipe, call);
        using var engine = recipe.Engine.Length > 0 ? call.OpenEngine(recipe, start) : null;
        using var policy = Policy.Load(start, recipe.Grpo, recipe.Training, engine is null ? null : new RemoteSampling(engine, EngineWeights(recipe, call)));
        var (identity, source) = practice is null ? Recorded(recipe, call) : Made(practice, call, policy);
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
    private static (string Identity, Func<SeedPath, IRolloutSource> Source) Made(RlPractice practice, TrainCall call, Policy policy) =>
        (practice.Identity, seeds => practice.Collector(policy.Client, Path.Combine(call.Folder, "rollouts"), seeds, call.Sharing));

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
            found.Try(() => found.Say($"prompts: {RlPractice.PromptsOf(recipe, call).Name}"));
            found.Try(() =>
            {
                using var judges = new RlJudges(recipe, call);
                found.Say($"rewards: {judges.Rubric.Identity}");
            });
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
        var practice = RlPractice.Open(recipe, call);
        try
        {
            var manifest = GrpoTrainer.RolloutManifest(recipe.Grpo, recipe.Training, start, practice.Identity);
            var engine = call.OpenEngine(recipe, start);
            return new RlWorker(manifest, practice.Collector(engine.Client, call.Folder, GrpoTrainer.RolloutSeeds(recipe.Training)), engine, practice);
        }
        catch
        {
            practice.Dispose();
            throw;
        }
    }

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
}

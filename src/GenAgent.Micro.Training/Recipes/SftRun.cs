using System.Globalization;
using GenAgent.Agents;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Training.Evaluations;
using GenAgent.Micro.Training.Sources;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Recipes;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Sft.Conversations;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>Composes a run of <c>genagent train sft</c>: sources, the folder of the model that is to be, and the trainer.</summary>
public static class SftRun
{
    /// <summary>Runs a recipe in a folder.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>How far training came.</returns>
    public static TrainingOutcome Execute(TrainCall call)
    {
        var recipe = call.Read<SftRecipe>();
        var (training, heldOut) = HoldOut(recipe, SftSources.Mix(recipe, SftSources.OpenEach(recipe, call)));
        var start = call.ChatModelFolder(recipe.StartFrom);
        PrepareModel(recipe, training, start, Path.Combine(call.Folder, "model"), call);

        using var trainer = new SftTrainer(recipe.Options, training, call.Folder, start, heldOut);
        call.Screen.Tell(string.Create(CultureInfo.InvariantCulture, $"{trainer.ParameterCount} trainable values, {trainer.Steps} steps, "
            + $"{(training.Count == long.MaxValue ? "conversations without end" : $"{training.Count} conversations")}"));
        return trainer.Run(call.Resume, Evaluation(recipe, call), call.Screen, call.Screen.Tell, call.CancellationToken);
    }

    private static EvaluationsInTurn? Evaluation(SftRecipe recipe, TrainCall call)
    {
        List<IModelEvaluation> evaluations = [];
        if (recipe.Requests.PerTopic > 0) evaluations.Add(new RequestEvaluation(recipe.Requests, call));
        if (recipe.Rollouts.Generator.Length > 0) call.RequireTrusted(recipe.Rollouts.Generator, "rollouts.generator");
        if (recipe.Rollouts.Generator.Length > 0) evaluations.Add(new RolloutEvaluation(recipe.Rollouts, call));
        return evaluations.Count == 0 ? null : new EvaluationsInTurn(evaluations);
    }

    /// <summary>Says what a recipe will take, and all that is wrong with it and with each record of its data, without loading a weight.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>Lines for people, and faults; no fault means that training can begin.</returns>
    public static DryRun Check(TrainCall call)
    {
        var recipe = call.Read<SftRecipe>();
        var found = new DryRunFindings();
        found.Try(() => TrainingDevice.Require(recipe.Training));
        if (recipe.Rollouts.Generator.Length > 0) found.Try(() => call.OpenGenerator(recipe.Rollouts.Generator, "rollouts.generator").Dispose());
        long? conversations = null;
        IReadOnlyList<IConversationSource> sources = [];
        found.Try(() =>
        {
            sources = SftSources.OpenEach(recipe, call);
            var (training, heldOut) = HoldOut(recipe, SftSources.Mix(recipe, sources));
            conversations = training.Count;
            found.Say(training.Count == long.MaxValue
                ? "conversations: without end" : $"conversations: {training.Count:N0} to train on, {heldOut?.Count ?? 0:N0} held out");
        });
        var config = default(Qwen25VLConfig);
        var check = ConversationCheck.WithoutModel();
        if (recipe.StartFrom.Length > 0)
        {
            found.Try(() =>
            {
                var folder = call.ChatModelFolder(recipe.StartFrom)!;
                if (!File.Exists(Path.Combine(folder, Qwen25VLConfig.FileName)))
                    throw new RecipeException(
                    $"startFrom: {folder} holds no {Qwen25VLConfig.FileName}: get the model first (genagent models pull), or name its folder.");
                config = Qwen25VLConfig.Load(folder);
                if (!AgentFolder.HasTokenizer(folder)) throw new RecipeException($"startFrom: {folder} holds no tokenizer.");
                check = ConversationCheck.For(folder, recipe.Sft);
            });
        }

        foreach (var source in sources.Where(source => source.Count < long.MaxValue)) found.Faults(check.Faults(source, call.CancellationToken));
        foreach (var data in recipe.Data.Where(data => data.Kind is SftSources.Paintings))
            found.Try(() => found.Faults(new PaintedFolder(call.FullPath(data.Path)).Faults(call.CancellationToken)));
        found.Try(() =>
        {
            var estimate = SftEstimate.Of(recipe.Options.WithSteps(conversations ?? 0), config);
            found.Say($"parameters: {estimate.Parameters:N0}, of which {estimate.Trainable:N0} learn");
            found.Say(conversations is null
                && recipe.Sft.Epochs > 0
                ? "steps: unknown without the data"
                : $"steps: {estimate.Steps:N0} of {recipe.Training.BatchSize} conversations, learning rate {recipe.Training.LearningRate}");
            foreach (var (what, bytes) in estimate.Memory.Where(part => part.Bytes > 0)) found.Say($"memory: {bytes / 1e9,9:N3} GB {what}");
            found.Say($"memory: {estimate.Total / 1e9,9:N3} GB in all");
        });
        if (recipe.Sft.ActivationCheckpointing && recipe.Training.Workers != 1)
            found.Fault($"training.workers is {recipe.Training.Workers}, but activation checkpointing needs 1.");
        return found.ToDryRun();
    }

    private static (IConversationSource Training, IConversationSource? HeldOut) HoldOut(SftRecipe recipe, IConversationSource all) =>
        recipe.HeldOut > 0 ? ConversationSlice.HoldOut(all, recipe.HeldOut) : (all, null);

    private static void PrepareModel(SftRecipe recipe, IConversationSource source, string? start, string folder, TrainCall call)
    {
        if (start is not null)
        {
            AgentFolder.CopySettings(start, folder);
        }
        else if (!call.Resume || !AgentFolder.HasTokenizer(folder))
        {
            call.Screen.Tell("learning the vocabulary");
            AgentFolder.Create(folder, recipe.Model, ConversationTexts.Of(source));
        }

        if (recipe.WordBias.Count > 0) AgentFolder.WriteBias(folder, recipe.WordBias);
        if (recipe.Instructions.Length == 0 && recipe.MaxRounds is null) return;
        var before = AgentProfile.Load(folder);
        new AgentProfile
        {
            Instructions = recipe.Instructions.Length > 0 ? recipe.Instructions : before?.Instructions
                ?? throw new RecipeException("maxRounds needs instructions: say what the model is told at work."),
            MaxRounds = recipe.MaxRounds ?? before?.MaxRounds,
            Dialect = before?.Dialect,
        }.Save(folder);
    }
}

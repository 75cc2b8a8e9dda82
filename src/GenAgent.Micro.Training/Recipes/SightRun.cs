using System.Globalization;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Training.Sources;
using GenAgent.Torch.Safetensors;
using GenAgent.Training.Recipes;
using GenAgent.Training.Runs;
using GenAgent.Training.Sight;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>Composes a run of <c>genagent train sight</c>: rendered scenes and generators' images, each with what stands in its cells.</summary>
public static class SightRun
{
    /// <summary>Runs a recipe in a folder.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>How far training came.</returns>
    public static TrainingOutcome Execute(TrainCall call)
    {
        var recipe = call.Read<SightRecipe>();
        var start = StartOf(recipe, call);
        var heldOut = new SortedDictionary<string, ILabelledImageSource>(StringComparer.Ordinal)
        {
            ["clean"] = SightImages.Rendered(recipe.Rendered with { Seed = ~recipe.Rendered.Seed, DegradedShare = 0 }, recipe.HeldOut),
            ["degraded"] = SightImages.Rendered(recipe.Rendered with { Seed = ~recipe.Rendered.Seed, DegradedShare = 1 }, recipe.HeldOut),
        };
        List<(ILabelledImageSource Source, double Weight)> training = [(SightImages.Rendered(recipe.Rendered), recipe.RenderedWeight)];
        foreach (var paintings in recipe.Paintings)
        {
            var (seen, kept) = SightImages.Painted(call.FullPath(paintings.Path), recipe.HeldOut, paintings.MaxConfidence);
            training.Add((seen, paintings.Weight));
            heldOut[Name(paintings)] = kept;
        }

        var options = new SightTrainerOptions { StartFrom = start, Tower = recipe.Tower, Distillation = recipe.Distillation, Training = recipe.Training };
        using var trainer = new SightTrainer(options, new MixedImages([.. training.Where(source => source.Weight > 0)]), call.Folder, heldOut);
        call.Screen.Tell($"{trainer.ParameterCount} trainable values");
        return trainer.Run(call.Resume, evaluation: null, call.Screen, call.Screen.Tell, call.CancellationToken);
    }

    /// <summary>Says what a recipe will take, and all that is wrong with it and with each of its paintings, without training.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>Lines for people, and faults; no fault means that training can begin.</returns>
    public static DryRun Check(TrainCall call)
    {
        var recipe = call.Read<SightRecipe>();
        var found = new DryRunFindings();
        found.Try(() => TrainingDevice.Require(recipe.Training));
        foreach (var paintings in recipe.Paintings)
        {
            found.Try(() =>
            {
                var folder = new PaintedFolder(call.FullPath(paintings.Path), new() { MaxConfidence = paintings.MaxConfidence });
                found.Say($"paintings: {folder.Count:N0} in {paintings.Path}");
                found.Faults(folder.Faults(call.CancellationToken));
                SightImages.Painted(call.FullPath(paintings.Path), recipe.HeldOut, paintings.MaxConfidence);
            });
        }

        found.Try(() =>
        {
            var options = new SightTrainerOptions
            {
                StartFrom = StartOf(recipe, call), Tower = recipe.Tower, Distillation = recipe.Distillation, Training = recipe.Training with { Device = "cpu" },
            };
            using var trainer = new SightTrainer(options, SightImages.Rendered(recipe.Rendered), call.Folder);
            using var weights = WeightSource.Open(options.StartFrom);
            found.SayTraining(recipe.Training, weights.Entries.Values.Sum(entry => entry.ElementCount), trainer.ParameterCount);
        });
        return found.ToDryRun();
    }

    private static string StartOf(SightRecipe recipe, TrainCall call) => call.ChatModelFolder(recipe.StartFrom)
        ?? throw new RecipeException("startFrom is empty: name the folder of the model whose vision tower is to learn, or its URI.");

    private static string Name(PaintingsOptions paintings) => paintings.MaxConfidence < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(paintings.Path)}-up-to-{paintings.MaxConfidence}")
        : Path.GetFileName(paintings.Path);
}

using GenAgent.Micro.Training.Evaluations;
using GenAgent.Micro.Training.Sources;
using GenAgent.Training.Autoencoder;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>Composes a run of <c>genagent train vae</c>: the miniature world as data, the verifier as evaluation.</summary>
public static class VaeRun
{
    /// <summary>Runs a recipe in a folder.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>How far training came.</returns>
    public static TrainingOutcome Execute(TrainCall call)
    {
        var recipe = call.Read<VaeRecipe>();
        using var source = new MicroImageSource(recipe.Data);
        using var trainer = new VaeTrainer(
            new VaeTrainerOptions { Model = recipe.Model, TrainEncoder = recipe.TrainEncoder, Loss = recipe.Loss, Training = recipe.Training },
            source,
            call.Folder,
            call.ImageModelFolder(recipe.StartFrom));
        call.Screen.Tell($"{trainer.ParameterCount} trainable values");
        return trainer.Run(call.Resume, new ReconstructionEvaluation(source, call.Folder), call.Screen, call.Screen.Tell, call.CancellationToken);
    }

    /// <summary>Says what a recipe will take, and all that is wrong with it, without training.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>Lines for people, and faults; no fault means that training can begin.</returns>
    public static DryRun Check(TrainCall call)
    {
        var recipe = call.Read<VaeRecipe>();
        var found = new DryRunFindings();
        found.Try(() => TrainingDevice.Require(recipe.Training));
        found.Try(() =>
        {
            using var source = MicroImageSource.Checked(recipe.Data, found);
            using var trainer = new VaeTrainer(
                new VaeTrainerOptions { Model = recipe.Model, TrainEncoder = recipe.TrainEncoder, Loss = recipe.Loss,
                    Training = recipe.Training with { Device = "cpu" } },
                source,
                call.Folder,
                call.ImageModelFolder(recipe.StartFrom));
            found.SayTraining(recipe.Training, trainer.ParameterCount, trainer.ParameterCount);
        });
        return found.ToDryRun();
    }
}

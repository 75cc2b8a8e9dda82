using GenAgent.Micro.Training.Evaluations;
using GenAgent.Micro.Training.Sources;
using GenAgent.Training.Autoencoder;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>Composes a run of <c>genagent train vae</c>: the miniature world as data, the verifier as evaluation.</summary>
public static class VaeRun
{
    /// <summary>Runs a recipe in a folder.</summary>
    public static TrainingOutcome Execute(TrainCall call)
    {
        var recipe = call.Read<VaeRecipe>();
        using var source = new MicroImageSource(recipe.Data);
        using var trainer = new VaeTrainer(
            new VaeTrainerOptions { Model = recipe.Model, TrainEncoder = recipe.TrainEncoder, Loss = recipe.Loss, Training = recipe.Training },
            source,
            recipe.StartFrom.Length > 0 ? call.FullPath(recipe.StartFrom) : null);
        call.Screen.Tell($"{trainer.ParameterCount} trainable values");
        return trainer.Run(call.Folder, call.Resume, new ReconstructionEvaluation(source, call.Folder), call.Screen, call.Screen.Tell, call.CancellationToken);
    }
}

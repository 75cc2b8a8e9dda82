using GenAgent.Micro.Captions;
using GenAgent.Micro.Training.Evaluations;
using GenAgent.Micro.Training.Sources;
using GenAgent.Torch.Tokenizers.Building;
using GenAgent.Training.FlowMatching;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>Composes a run of <c>genagent train flow</c>: the miniature world as data, tokenizers of its words, the verifier as evaluation.</summary>
public static class FlowRun
{
    /// <summary>Runs a recipe in a folder.</summary>
    /// <exception cref="DirectoryNotFoundException">The autoencoder's folder is not there.</exception>
    public static TrainingOutcome Execute(TrainCall call)
    {
        var recipe = call.Read<FlowRecipe>();
        var model = Path.Combine(call.Folder, "model");
        CopyAutoencoder(call.FullPath(recipe.Vae), Path.Combine(model, "vae"));
        IReadOnlyList<string> words = [.. CaptionVocabulary.Words.Distinct(StringComparer.Ordinal), CaptionVocabulary.Comma];
        WordTokenizers.WriteT5(Path.Combine(model, "tokenizer_2"), words);
        WordTokenizers.WriteClip(Path.Combine(model, "tokenizer"), words);

        using var source = new MicroImageSource(recipe.Data);
        using var trainer = new FlowMatchingTrainer(recipe.Model, source, call.Folder, recipe.StartFrom.Length > 0 ? call.FullPath(recipe.StartFrom) : null);
        call.Screen.Tell($"{trainer.ParameterCount} trainable values");
        return trainer.Run(call.Resume, new PaintingEvaluation(recipe.Evaluation, recipe.Model.Flow, call.Folder), call.Screen, call.Screen.Tell, call.CancellationToken);
    }

    private static void CopyAutoencoder(string from, string to)
    {
        var source = Path.Combine(from, "vae");
        if (!Directory.Exists(source)) throw new DirectoryNotFoundException($"{from} holds no vae/: train one first (genagent train vae), or name its folder as \"vae\" in the recipe.");
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(source)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
    }
}

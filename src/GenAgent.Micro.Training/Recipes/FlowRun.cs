using GenAgent.Micro.Captions;
using GenAgent.Micro.Training.Evaluations;
using GenAgent.Micro.Training.Sources;
using GenAgent.Torch.Safetensors;
using GenAgent.Torch.Tokenizers.Building;
using GenAgent.Training.FlowMatching;
using GenAgent.Training.Recipes;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>Composes a run of <c>genagent train flow</c>: the miniature world as data, tokenizers of its words, the verifier as evaluation.</summary>
public static class FlowRun
{
    /// <summary>Runs a recipe in a folder.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>How far training came.</returns>
    /// <exception cref="DirectoryNotFoundException">The autoencoder's folder is not there.</exception>
    public static TrainingOutcome Execute(TrainCall call)
    {
        var recipe = call.Read<FlowRecipe>();
        var model = Path.Combine(call.Folder, "model");
        CopyAutoencoder(VaeOf(recipe, call), Path.Combine(model, "vae"));
        IReadOnlyList<string> words = [.. CaptionVocabulary.Words.Distinct(StringComparer.Ordinal), CaptionVocabulary.Comma];
        WordTokenizers.WriteT5(Path.Combine(model, "tokenizer_2"), words);
        WordTokenizers.WriteClip(Path.Combine(model, "tokenizer"), words);

        using var source = new MicroImageSource(recipe.Data);
        using var trainer = new FlowMatchingTrainer(recipe.Model, source, call.Folder, call.ImageModelFolder(recipe.StartFrom));
        call.Screen.Tell($"{trainer.ParameterCount} trainable values");
        return trainer.Run(
            call.Resume, new PaintingEvaluation(recipe.Evaluation, recipe.Model.Flow, call.Folder), call.Screen, call.Screen.Tell, call.CancellationToken);
    }

    /// <summary>Says what a recipe will take, and all that is wrong with it, without training.</summary>
    /// <param name="call">The recipe and where it runs.</param>
    /// <returns>Lines for people, and faults; no fault means that training can begin.</returns>
    public static DryRun Check(TrainCall call)
    {
        var recipe = call.Read<FlowRecipe>();
        var found = new DryRunFindings();
        found.Try(() => TrainingDevice.Require(recipe.Model.Training));
        found.Try(() =>
        {
            using var source = MicroImageSource.Checked(recipe.Data, found);
            if (source.Count == long.MaxValue) throw new RecipeException("data.scenes is 0, but latents are stored, so the number of images must be limited.");
        });
        found.Try(() => WeightSource.Open(AutoencoderOf(VaeOf(recipe, call))).Dispose());
        found.Try(() =>
        {
            var sizes = call.ImageModelFolder(recipe.StartFrom) is { } start ? SizesOf(start) : FlowMatchingSize.Of(recipe.Model);
            var learn = recipe.Model.Flow.LoraRank > 0 ? 0 : recipe.Model.Flow.TrainTextEncoders ? sizes.Transformer + sizes.Encoders : sizes.Transformer;
            found.SayTraining(recipe.Model.Training, sizes.Transformer + sizes.Encoders, learn);
            if (recipe.Model.Flow.LoraRank > 0) found.Say($"of these the low-rank adapters of rank {recipe.Model.Flow.LoraRank} learn, which come on top");
        });
        return found.ToDryRun();
    }

    private static FlowMatchingSize SizesOf(string folder)
    {
        return new(Of("transformer"), Of("text_encoder") + Of("text_encoder_2"));

        long Of(string part)
        {
            var home = Path.Combine(folder, part);
            if (!Directory.Exists(home)) throw new RecipeException($"startFrom: {folder} holds no {part}/.");
            using var weights = WeightSource.Open(home);
            return weights.Entries.Values.Sum(entry => entry.ElementCount);
        }
    }

    private static string VaeOf(FlowRecipe recipe, TrainCall call) => call.ImageModelFolder(recipe.Vae, "vae") ?? call.FullPath(string.Empty);

    private static string AutoencoderOf(string from) => Directory.Exists(Path.Combine(from, "vae"))
        ? Path.Combine(from, "vae")
        : throw new DirectoryNotFoundException($"{from} holds no vae/: train one first (genagent train vae), or name its folder as \"vae\" in the recipe.");

    private static void CopyAutoencoder(string from, string to)
    {
        var source = AutoencoderOf(from);
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(source)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
    }
}

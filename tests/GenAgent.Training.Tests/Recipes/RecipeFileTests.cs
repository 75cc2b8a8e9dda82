using GenAgent.Training.Autoencoder;
using GenAgent.Training.Optimization;
using GenAgent.Training.Recipes;

namespace GenAgent.Training.Tests.Recipes;

public sealed class RecipeFileTests
{
    [Fact]
    public void Values_comments_and_overrides_are_read()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder, """
            {
              // why this many
              "training": { "steps": 20, "schedule": { "shape": "warmup_stable_decay" }, },
              "model": { "latent_channels": 8 }
            }
            """);

        var recipe = RecipeFile.Read<VaeTrainerOptions>(path, ["training.batchSize=5", "training.schedule.shape=cosine", "loss.perceptual=0.5"]);

        recipe.Training.Steps.ShouldBe(20);
        recipe.Training.BatchSize.ShouldBe(5);
        recipe.Training.Schedule.Shape.ShouldBe(LearningRateShape.Cosine);
        recipe.Loss.Perceptual.ShouldBe(0.5);
        recipe.Model.LatentChannels.ShouldBe(8);
    }

    [Theory]
    [InlineData("""{ "training": { "batchSize": 0 } }""", "training.batchSize is 0, but must be a whole number from 1 to 1000000.")]
    [InlineData("""{ "training": { "optimizer": { "beta1": 1.5 } } }""", "training.optimizer.beta1 is 1.5")]
    [InlineData("""{ "training": { "batchsize": 3 } }""", "batchsize")]
    [InlineData("""{ "training": { "steps": "many" } }""", "training.steps")]
    [InlineData("""{ "training": { "schedule": { "shape": "bumpy" } } }""", "training.schedule.shape")]
    [InlineData("""{ "model": { "norm_num_groups": 7 } }""", "norm_num_groups")]
    [InlineData("""{ "training": """, "recipe.json")]
    [InlineData("[]", "a recipe is a JSON object")]
    public void A_wrong_value_is_named_with_its_path_and_what_is_allowed(string json, string expected)
    {
        using var folder = new TemporaryFolder();

        Should.Throw<RecipeException>(() => RecipeFile.Read<VaeTrainerOptions>(Write(folder, json))).Message.ShouldContain(expected);
    }

    [Fact]
    public void A_missing_recipe_is_named() =>
        Should.Throw<FileNotFoundException>(() => RecipeFile.Read<VaeTrainerOptions>("nowhere.json")).Message.ShouldContain("nowhere.json");

    private static string Write(TemporaryFolder folder, string json)
    {
        var path = folder.File("recipe.json");
        File.WriteAllText(path, json);
        return path;
    }
}

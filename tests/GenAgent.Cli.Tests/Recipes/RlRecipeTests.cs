using GenAgent.Micro.Training.Recipes;
using GenAgent.Training.Recipes;

namespace GenAgent.Cli.Tests.Recipes;

public sealed class RlRecipeTests
{
    [Fact]
    public void The_papers_recipe_has_the_papers_settings()
    {
        var recipe = RecipeFile.Read<RlRecipe>(Path.Combine(RepoFolder.Root, "recipes", "genagent-7b", "rl.json"));

        (recipe.Grpo.Prompts, recipe.Grpo.Rollouts, recipe.Grpo.Kept, recipe.Grpo.Kl, recipe.Grpo.Rounds).ShouldBe((240, 12, 8, 0, 2));
        recipe.Training.LearningRate.ShouldBe(1e-6);
        recipe.Rewards.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}")
            .ShouldBe(["final 0.7", "format -0.2", "reflection 0.3"]);
    }

    [Theory]
    [InlineData("grpo.kept=20", "grpo.kept is 20, but only 12 rollouts are made of each prompt (grpo.rollouts)")]
    [InlineData("grpo.temperature=0", "grpo.temperature")]
    [InlineData("grpo.loss=ppo", "grpo.loss: The value is not one of clipped_ratio, gspo, cispo, rejection.")]
    public void Options_that_cannot_be_are_named(string change, string expected) =>
        Should.Throw<RecipeException>(() => RecipeFile.Read<RlRecipe>(Path.Combine(RepoFolder.Root, "recipes", "micro", "rl-b.json"), [change]))
            .Message.ShouldContain(expected);
}

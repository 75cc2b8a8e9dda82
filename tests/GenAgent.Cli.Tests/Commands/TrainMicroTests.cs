using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Cli.Tests.Snapshots;
using GenAgent.Cli.Training;
using GenAgent.Micro.Teaching;
using GenAgent.Training.Recipes;

namespace GenAgent.Cli.Tests.Commands;

public sealed class TrainMicroTests : IDisposable
{
    private static readonly string Recipes = Path.Combine(RepoFolder.Root, "recipes", "micro");

    private readonly TestHost _host = new(width: 400);

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task The_chain_is_made_of_commands_and_recipes_that_exist()
    {
        (await _host.RunAsync("models", "train-micro", "--recipes", Recipes, "--dry-run")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        string[] lines = [.. _host.Output.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        lines.Length.ShouldBeGreaterThan(10);
        foreach (var line in lines)
        {
            var words = line.Split(' ');
            words[0].ShouldBe("genagent");
            if (words is ["genagent", "train", _, var recipe, ..]) File.Exists(recipe).ShouldBeTrue(recipe);
            (await _host.RunAsync([words[1], words[2], "--help"])).ShouldBe(ExitCode.Success, line);
        }

        lines.ShouldContain(line => line.Contains("--generator ./runs/micro-flux-joint/model", StringComparison.Ordinal));
    }

    [Fact]
    public void The_recipes_of_the_agent_can_be_read_and_tell_it_what_it_is_told_at_work()
    {
        RecipeFile.Read<SftRecipe>(Path.Combine(Recipes, "perception.json")).Instructions.ShouldBe(MicroInstructions.Text);

        // What goes on from a folder keeps what that folder says.
        var sft = RecipeFile.Read<SftRecipe>(Path.Combine(Recipes, "sft.json"), ["data.0.path=elsewhere"]);
        sft.Instructions.ShouldBeEmpty();
        sft.Data[0].Path.ShouldBe("elsewhere");
    }
}

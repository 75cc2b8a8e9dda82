using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Training.Recipes;

namespace GenAgent.Cli.Tests.Commands;

public sealed class MicroRecipeTests : IDisposable
{
    private static readonly string Recipes = Path.Combine(RepoFolder.Root, "recipes", "micro");

    private readonly TestHost _host = new(width: 400);

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task The_chain_is_made_of_commands_and_recipes_that_exist()
    {
        (await _host.RunAsync("pipeline", Path.Combine(Recipes, "pipeline.json"), "--dry-run")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        string[] lines = [.. _host.Output.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        lines.Length.ShouldBeGreaterThan(10);
        foreach (var line in lines)
        {
            var words = line.Split(' ');
            words[0].ShouldBe("genagent");
            if (words is ["genagent", "train", _, var recipe, ..]) File.Exists(recipe).ShouldBeTrue(recipe);
            (await _host.RunAsync([words[1], words[2], "--help"])).ShouldBe(ExitCode.Success, line);
        }

        lines.ShouldContain(line => line.Contains("--generator ./runs/micro-flux-order/model", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rehearsal_is_the_chain_in_small_and_touches_no_model_that_is_there()
    {
        (await _host.RunAsync("pipeline", Path.Combine(Recipes, "pipeline.json"), "--dry-run")).ShouldBe(ExitCode.Success, _host.Screen.Output);
        var whole = Lines(_host);
        using var rehearsing = new TestHost(width: 400);
        (await rehearsing.RunAsync("pipeline", Path.Combine(Recipes, "pipeline.json"), "--dry-run", "--rehearse")).ShouldBe(
            ExitCode.Success, rehearsing.Screen.Output);
        var small = Lines(rehearsing);

        small.Length.ShouldBe(whole.Length);
        small.ShouldAllBe(line => !line.Contains(" models/", StringComparison.Ordinal) && !line.Contains("runs/micro", StringComparison.Ordinal));
        small.Where(line => line.Contains("--count", StringComparison.Ordinal)).ShouldAllBe(line => line.Contains("--count 60 ", StringComparison.Ordinal));
        foreach (var words in small.Where(line => line.StartsWith("genagent train ", StringComparison.Ordinal)).Select(line => line.Split(' ')))
        {
            string[] changes = [.. words.Where((_, i) => i > 0 && string.Equals(words[i - 1], "--set", StringComparison.Ordinal))];
            (words[2] switch
            {
                "vae" => RecipeFile.Read<VaeRecipe>(words[3], changes).Training,
                "flow" => RecipeFile.Read<FlowRecipe>(words[3], changes).Model.Training,
                "sight" => RecipeFile.Read<SightRecipe>(words[3], changes).Training,
                _ => RecipeFile.Read<SftRecipe>(words[3], changes).Training,
            }).Steps.ShouldBe(2, words[3]);
        }

        static string[] Lines(TestHost host) => host.Output.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
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

    [Fact]
    public void Every_recipe_can_be_read_by_the_stage_that_it_is_for()
    {
        foreach (var file in Directory.EnumerateFiles(Recipes, "*.json").Where(file => Path.GetFileName(file) is not ("pipeline.json" or "ablations.json")))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            object recipe = name.StartsWith("vae", StringComparison.Ordinal) ? RecipeFile.Read<VaeRecipe>(file)
                : name.StartsWith("flux", StringComparison.Ordinal) ? RecipeFile.Read<FlowRecipe>(file)
                : name.StartsWith("sight", StringComparison.Ordinal) ? RecipeFile.Read<SightRecipe>(file)
                : name.StartsWith("rl", StringComparison.Ordinal) ? RecipeFile.Read<RlRecipe>(file)
                : RecipeFile.Read<SftRecipe>(file);
            recipe.ShouldNotBeNull(file);
        }
    }

    [Fact]
    public async Task A_dry_run_of_sight_reads_every_painting_and_names_each_faulty_one()
    {
        (await _host.RunAsync("data", "paint", "--generator", "canvas", "--count", "6", "--out", "paintings")).ShouldBe(ExitCode.Success, _host.Said);
        var images = Directory.EnumerateFiles(Path.Combine(_host.Folder, "paintings"), "*.png", SearchOption.AllDirectories).Order().ToList();
        File.WriteAllBytes(images[1], File.ReadAllBytes(images[1])[..40]);
        File.Delete(images[4]);
        _host.Write("sight.json", """{ "paintings": [{ "path": "paintings" }], "heldOut": 1, "startFrom": "nowhere", "training": { "steps": 1 } }""");

        (await _host.RunAsync("train", "sight", "sight.json", "--dry-run")).ShouldBe(ExitCode.Usage);

        foreach (var image in (int[])[1, 4]) _host.Said.ShouldContain(Path.GetFileName(images[image]));
        foreach (var image in (int[])[0, 2, 3, 5]) _host.Said.ShouldNotContain(Path.GetFileName(images[image]));
        _host.Said.ShouldContain("nowhere");
    }

    [Theory]
    [InlineData("vae", """{ "startFrom": "nowhere", "training": { "steps": 1 } }""", "nowhere")]
    [InlineData("flow", """{ "vae": "nowhere", "data": { "scenes": 4 }, "model": { "training": { "steps": 1 } } }""", "nowhere holds no vae/")]
    [InlineData("flow", """{ "vae": "nowhere", "data": { "scenes": 0 }, "model": { "training": { "steps": 1 } } }""", "data.scenes is 0")]
    public async Task A_dry_run_of_a_stage_without_records_says_what_else_is_wrong(string stage, string recipe, string reason)
    {
        _host.Write("recipe.json", recipe);

        (await _host.RunAsync("train", stage, "recipe.json", "--dry-run")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(reason);
    }

    [Fact]
    public async Task Sight_is_trained_on_a_model_that_was_begun_and_asks_for_one_where_none_is_named()
    {
        var folder = Directory.CreateTempSubdirectory("genagent-sight-").FullName;
        try
        {
            var start = Path.Combine(folder, "start.json");
            File.WriteAllText(start, """
                {
                  "data": [{ "kind": "perception", "perception": { "seed": 1, "weights": { "Describe": 1 } } }], "heldOut": 2,
                  "model": { "vocabularySize": 320, "hiddenSize": 16, "intermediateSize": 32, "layers": 1, "heads": 1, "keyValueHeads": 1, "vision": { "hiddenSize": 16, "intermediateSize": 32, "depth": 1, "heads": 1 } },
                  "training": { "steps": 1, "batchSize": 2, "workers": 1 }
                }
                """);
            var sight = Path.Combine(folder, "sight.json");
            File.WriteAllText(
                sight,
                """{ "heldOut": 4, "training": { "steps": 4, "batchSize": 4, "microBatchSize": 2, "workers": 2, "evaluateEvery": 2, "logEvery": 2 } }""");
            (await _host.RunAsync("train", "sft", start, "--out", Path.Combine(folder, "start"))).ShouldBe(ExitCode.Success, _host.Screen.Output);

            (await _host.RunAsync("train", "sight", sight, "--out", Path.Combine(folder, "none"))).ShouldBe(ExitCode.Usage);
            _host.Screen.Output.ShouldContain("startFrom is empty: name the folder of the model");
            (await _host.RunAsync(
                "train", "sight", sight, "--out", Path.Combine(folder, "sight"), "--set", $"startFrom={Path.Combine(folder, "start", "model")}")).ShouldBe(
                ExitCode.Success, _host.Screen.Output);

            File.ReadAllText(Path.Combine(folder, "sight", "metrics.jsonl")).ShouldContain("\"clean/right/image\"");
            File.Exists(Path.Combine(folder, "sight", "model", "tokenizer.json")).ShouldBeTrue();
            File.ReadAllBytes(Path.Combine(folder, "sight", "model", "model.safetensors"))
                .ShouldNotBe(File.ReadAllBytes(Path.Combine(folder, "start", "model", "model.safetensors")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

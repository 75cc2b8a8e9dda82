using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Commands;

public sealed class TrainSftTests : IDisposable
{
    private const string Recipe = """
        {
          "data": [{ "kind": "sharegpt", "path": "all.jsonl" }],
          "heldOut": 3,
          "model": { "vocabularySize": 320, "hiddenSize": 32, "intermediateSize": 64, "layers": 1, "heads": 2, "keyValueHeads": 1, "vision": { "hiddenSize": 16, "intermediateSize": 32, "depth": 1, "heads": 2 } },
          "sft": { "epochs": 2 },
          "training": { "batchSize": 4, "workers": 1, "evaluateEvery": 2 }
        }
        """;

    private readonly TestHost _host = new(width: 200);

    public TrainSftTests()
    {
        File.WriteAllText(Path.Combine(_host.Folder, "recipe.json"), Recipe);
        File.WriteAllLines(Path.Combine(_host.Folder, "all.jsonl"), Enumerable.Range(0, 13).Select(i =>
            $$"""{"system": "Add.", "conversations": [{"from": "human", "value": "{{i}} and {{i}}?"}, {"from": "gpt", "value": "<answer>{{2 * i}}</answer>"}]}"""));
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_recipe_makes_a_model_s_folder_that_holds_all_that_a_chat_client_opens()
    {
        (await _host.RunAsync("train", "sft", "recipe.json", "--out", "run")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        _host.Said.ShouldContain("10 conversations");
        _host.Said.ShouldContain("tokens/s");
        var model = Path.Combine(_host.Folder, "run", "model");
        foreach (var file in (string[])["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "preprocessor_config.json", "generation_config.json"])
            File.Exists(Path.Combine(model, file)).ShouldBeTrue(file);
        File.ReadAllText(Path.Combine(_host.Folder, "run", "metrics.jsonl")).ShouldContain("validation/loss");

        (await _host.RunAsync("train", "sft", "recipe.json", "--out", "next", "--set", "startFrom=run/model", "--set", "training.seed=2")).ShouldBe(ExitCode.Success, _host.Screen.Output);
    }

    [Fact]
    public async Task A_dry_run_says_what_it_takes_and_trains_nothing()
    {
        (await _host.RunAsync("train", "sft", "recipe.json", "--dry-run")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        var said = _host.Output.Output;
        said.ShouldContain("conversations: 10 to train on, 3 held out");
        said.ShouldContain("steps: 5 of 4 conversations");
        said.ShouldContain("parameters: ");
        said.ShouldContain("GB in all");
        Directory.Exists(Path.Combine(_host.Folder, "runs")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_dry_run_names_all_that_is_wrong_at_once()
    {
        (await _host.RunAsync("train", "sft", "recipe.json", "--dry-run", "--set", "heldOut=13", "--set", "startFrom=nowhere", "--set", "model.heads=3")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("hold out fewer");
        _host.Said.ShouldContain("nowhere holds no config.json");
        _host.Said.ShouldContain("model.heads is 3, which does not divide");
    }

    [Fact]
    public async Task The_recipe_of_the_paper_is_whole_but_for_the_weights_and_the_data()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "GenAgent.slnx"))) root = Path.GetDirectoryName(root)!;
        (await _host.RunAsync("train", "sft", Path.Combine(root, "recipes", "genagent-7b", "sft.json"), "--dry-run")).ShouldBe(ExitCode.Usage);

        _host.Output.Output.ShouldContain("8,292,166,656");
        _host.Said.ShouldContain("genagent models pull");
        _host.Said.ShouldContain("make trajectories first");
    }
}

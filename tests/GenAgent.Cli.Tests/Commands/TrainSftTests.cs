using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Models;
using GenAgent.Trajectories;
using SkiaSharp;

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
        foreach (var file in (string[])[
            "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "preprocessor_config.json",
            "generation_config.json"])
            File.Exists(Path.Combine(model, file)).ShouldBeTrue(file);
        File.ReadAllText(Path.Combine(_host.Folder, "run", "metrics.jsonl")).ShouldContain("validation/loss");

        (await _host.RunAsync("train", "sft", "recipe.json", "--out", "next", "--set", "startFrom=run/model", "--set", "training.seed=2"))
            .ShouldBe(ExitCode.Success, _host.Screen.Output);
    }

    [Fact]
    public async Task Two_runs_do_not_train_in_one_folder()
    {
        using (FolderLock.Take(Directory.CreateDirectory(Path.Combine(_host.Folder, "run")).FullName))
        {
            (await _host.RunAsync("train", "sft", "recipe.json", "--out", "run", "--resume")).ShouldBe(ExitCode.Storage);
        }

        _host.Said.ShouldContain("another process");
        File.Exists(Path.Combine(_host.Folder, "run", "metrics.jsonl")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("train", "flow", "micro/pipeline.json", "genagent pipeline")]
    [InlineData("train", "ablations", "micro/vae.json", "genagent train vae")]
    [InlineData("pipeline", null, "micro/vae.json", "genagent train vae")]
    public async Task A_recipe_of_another_command_is_named_as_such(string command, string? stage, string recipe, string other)
    {
        string[] words = [command, .. stage is null ? [] : new[] { stage }, Path.Combine(RepoFolder.Root, "recipes", recipe), "--dry-run"];

        (await _host.RunAsync(words)).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain($"is a recipe of \"{other}\"");
    }

    [Theory]
    [InlineData("flow")]
    [InlineData("vae")]
    [InlineData("sight")]
    [InlineData("rl")]
    public async Task A_recipe_of_another_stage_is_named_as_such(string stage)
    {
        (await _host.RunAsync("train", stage, "recipe.json", "--dry-run")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("is a recipe of \"genagent train sft\"");
    }

    [Theory]
    [InlineData("training.device=cuda:99", "training.device is \"cuda:99\"")]
    [InlineData("training.device=gpu", "training.device is \"gpu\"")]
    [InlineData("rollouts.generator=comfui:http://127.0.0.1:8188", "rollouts.generator: \"comfui:http://127.0.0.1:8188\"")]
    [InlineData("rollouts.generator=./nowhere", "rollouts.generator: ")]
    public async Task A_dry_run_opens_what_the_run_will_open(string change, string fault)
    {
        (await _host.RunAsync("train", "sft", "recipe.json", "--dry-run", "--set", change)).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(fault);
    }

    [Theory]
    [InlineData("absent.json", "", "there is no such recipe")]
    [InlineData("twice.json", "{\"training\": {\"steps\": 1}, \"training\": {\"steps\": 2}}", "twice.json")]
    public async Task A_recipe_that_is_not_there_or_says_a_thing_twice_is_a_wrong_call(string name, string content, string why)
    {
        if (content.Length > 0) _host.Write(name, content);

        (await _host.RunAsync("train", "sft", name, "--dry-run")).ShouldBe(ExitCode.Usage, _host.Said);

        _host.Said.ShouldContain(why);
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
    public async Task Training_starts_from_a_model_that_a_URI_names()
    {
        var pulled = Path.Combine(_host.Folder, "hf", "hub", "models--org--agent");
        CopyFolder(EmbeddedModels.Find("micro-agent"), Path.Combine(pulled, "snapshots", "0123456789abcdef0123456789abcdef01234567"));
        Directory.CreateDirectory(Path.Combine(pulled, "refs"));
        File.WriteAllText(Path.Combine(pulled, "refs", "main"), "0123456789abcdef0123456789abcdef01234567");
        _host.Environment["HF_HOME"] = Path.Combine(_host.Folder, "hf");

        List<string> parameters = [];
        foreach (var uri in (string[])["micro", "hf:org/agent", EmbeddedModels.Find("micro-agent")])
        {
            (await _host.RunAsync("train", "sft", "recipe.json", "--dry-run", "--set", $"startFrom={uri}")).ShouldBe(ExitCode.Success, _host.Said);
            parameters.Add(_host.OutputLines.Last(line => line.StartsWith("parameters: ", StringComparison.Ordinal)));
        }

        parameters.Distinct().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("hf:org/none", "Pull it first: genagent models pull hf:org/none")]
    [InlineData("openai:gpt-5", "has no folder on this machine")]
    [InlineData("micro-b", "holds no config.json")]
    public async Task A_URI_that_names_no_chat_model_here_is_an_error_of_the_recipe(string uri, string reason)
    {
        (await _host.RunAsync("train", "sft", "recipe.json", "--dry-run", "--set", $"startFrom={uri}")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(reason);
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    [Fact]
    public async Task A_dry_run_names_all_that_is_wrong_at_once()
    {
        (await _host.RunAsync("train", "sft", "recipe.json", "--dry-run", "--set", "heldOut=13", "--set", "startFrom=nowhere", "--set", "model.heads=3"))
            .ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("hold out fewer");
        _host.Said.ShouldContain("nowhere holds no config.json");
        _host.Said.ShouldContain("model.heads is 3, which does not divide");
    }

    [Fact]
    public async Task A_dry_run_reads_every_record_and_names_each_that_training_could_not_use()
    {
        var pictures = Directory.CreateDirectory(Path.Combine(_host.Folder, "img")).FullName;
        var picture = Picture(16);
        File.WriteAllBytes(Path.Combine(pictures, "good.png"), picture);
        File.WriteAllBytes(Path.Combine(pictures, "cut.png"), picture[..(picture.Length / 2)]);
        File.WriteAllText(Path.Combine(_host.Folder, "mixed.jsonl"), string.Join('\n', [
            Record("<image>What?", "good.png"), Record("<image>What?", "nothere.png"), Record("<image>What?", "cut.png"),
                Record("<image><image>What?", "good.png"), Record("What?", "good.png"),
            """{"messages": [{"role": "user", "content": "p"}, {"role": "chatgpt", "content": "x"}]}"""]));
        (await _host.RunAsync("train", "sft", "recipe.json", "--dry-run", "--set", "data.0.path=mixed.jsonl", "--set", "heldOut=0")).ShouldBe(ExitCode.Usage);
        (await _host.RunAsync("train", "sft", "recipe.json", "--out", "run", "--set", "data.0.path=mixed.jsonl", "--set", "heldOut=0"))
            .ShouldBe(ExitCode.Usage);

        var said = _host.Said;
        foreach (var (record, why) in ((string, string)[])[
            ("2", "nothere.png"), ("3", "cut.png"), ("4", "more placeholders"), ("5", "0 placeholders"), ("6", "\"chatgpt\"")])
        {
            var at = said.IndexOf($"mixed.jsonl, record {record}:", StringComparison.Ordinal);
            at.ShouldBeGreaterThan(-1, $"record {record} in: {said}");
            var next = said.IndexOf("mixed.jsonl, record", at + 1, StringComparison.Ordinal);
            said[at..(next < 0 ? said.Length : next)].ShouldContain(why);
        }

        said.ShouldNotContain("mixed.jsonl, record 1:");
        (await _host.RunAsync("train", "sft", "recipe.json", "--out", "run", "--set", "data.0.path=mixed.jsonl", "--set", "heldOut=0"))
            .ShouldNotBe(ExitCode.Success);
        _host.Said.ShouldContain("mixed.jsonl, record 6: Turn 2: The role \"chatgpt\" is unknown", customMessage: "training says so at its start");

        static string Record(string text, string image) =>
            $$"""{"conversations": [{"from": "human", "value": "{{text}}"}, {"from": "gpt", "value": "A cat."}], "images": ["img/{{image}}"]}""";
    }

    [Fact]
    public async Task A_system_turn_trains_as_the_system_column_does_and_an_image_behind_the_last_turn_is_left_out()
    {
        Directory.CreateDirectory(Path.Combine(_host.Folder, "img"));
        File.WriteAllBytes(Path.Combine(_host.Folder, "img", "1.png"), Picture(56));
        File.WriteAllText(Path.Combine(_host.Folder, "column.json"), """[{"system": "You draw.", "conversations": [{"from": "human", "value": "draw"}, {"from": "gpt", "value": "<answer>1</answer>"}]}]""");
        File.WriteAllText(Path.Combine(_host.Folder, "turn.json"), """
            [{"conversations": [{"from": "system", "value": "You draw."}, {"from": "human", "value": "draw"}, {"from": "gpt", "value": "<answer>1</answer>"}, {"from": "observation", "value": "<image>"}], "images": ["img/1.png"]}]
            """);
        var agent = Path.Combine(RepoFolder.Root, "models", "micro-agent");
        List<string> losses = [];
        foreach (var name in new[] { "column", "turn" })
        {
            (await _host.RunAsync(
                "train", "sft", "recipe.json", "--out", name, "--set", $"data.0.path={name}.json", "--set", "heldOut=0", "--set", $"startFrom={agent}",
                    "--set", "training.batchSize=1", "--set", "sft.epochs=0",
                "--set", "training.steps=1", "--set", "training.logEvery=1")).ShouldBe(ExitCode.Success, _host.Said);
            losses.Add(File.ReadLines(Path.Combine(_host.Folder, name, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
                .Where(line => line.TryGetProperty("loss", out _)).Select(line => line.GetProperty("loss").GetRawText()).First());
        }

        losses[1].ShouldBe(losses[0]);
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

    private static byte[] Picture(int side)
    {
        using var bitmap = new SKBitmap(side, side);
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++) bitmap.SetPixel(x, y, new SKColor((byte)((x * 37) + (y * y)), (byte)(y * 11), (byte)(x * y)));
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}

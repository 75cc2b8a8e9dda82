using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Tests.Agents;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Trajectories.Exchange;

public sealed class ExchangeTests : IAsyncLifetime
{
    private static readonly string[] TwoImages = ["one.png", "two.png"];

    private readonly TemporaryFolder _source = new();
    private readonly TemporaryFolder _exchange = new();
    private readonly TemporaryFolder _target = new();

    public async ValueTask InitializeAsync()
    {
        await using var store = await TrajectoryStore.OpenAsync(_source.Path);
        await store.AppendAsync(await SampleRuns.TwoRoundsAsync());
        await store.AppendAsync(await SampleRuns.TwoRoundsAsync("an <image> in the words"));
        var original = new DataContent(SeededGenerator.Png(8, 8, 99), "image/png");
        var edit = new ImageAgent(new ScriptedModel(Turns.Call("x"), Turns.Again("y")), new SeededGenerator(), new ImageAgentOptions { MaxRounds = 1 });
        await store.AppendAsync(await edit.RunAsync(new AgentRequest("make it blue") { OriginalImages = [original] }));
    }

    public ValueTask DisposeAsync()
    {
        foreach (var folder in new[] { _source, _exchange, _target })
        {
            folder.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("runs.json")]
    [InlineData("runs.parquet")]
    public async Task What_is_exported_comes_back_whole_with_its_images(string name)
    {
        var source = new TrajectoryFolder(_source.Path);
        (await ExportAsync(source, _exchange[name])).ShouldBe(3);
        (await ImportAsync(_exchange[name])).ShouldBe(3);
        (await ImportAsync(_exchange[name])).ShouldBe(0, "they are there already");

        var target = new TrajectoryFolder(_target.Path);
        var lines = await File.ReadAllLinesAsync(target.TrajectoryFile);
        lines.ShouldBe(await File.ReadAllLinesAsync(source.TrajectoryFile));
        foreach (var image in (await target.ReadAllAsync().ToListAsync()).SelectMany(trajectory => trajectory.AllImages))
        {
            (await target.ReadImageAsync(image)).Data.ToArray().ShouldBe((await source.ReadImageAsync(image)).Data.ToArray());
        }
    }

    [Fact]
    public async Task A_ShareGPT_record_is_what_LLaMA_Factory_reads_turn_by_turn_and_one_image_a_placeholder()
    {
        await ExportAsync(new TrajectoryFolder(_source.Path), _exchange["runs.json"]);
        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(_exchange["runs.json"]));

        foreach (var record in file.RootElement.EnumerateArray())
        {
            var turns = record.GetProperty("conversations")
                .EnumerateArray()
                .Select(turn => (From: turn.GetProperty("from").GetString(), Value: turn.GetProperty("value").GetString()!))
                .ToArray();
            turns.Select((turn, index) => turn.From == (index % 2 == 0 ? "human" : "gpt")).ShouldAllBe(fits => fits);
            (turns.Length % 2).ShouldBe(0);
            var images = record.GetProperty("images").EnumerateArray().Select(path => path.GetString()!).ToArray();
            turns.Sum(turn => turn.Value.Split("<image>").Length - 1).ShouldBe(images.Length);
            images.ShouldAllBe(path => File.Exists(Path.Combine(_exchange.Path, path)));
        }

        var first = file.RootElement[0].GetProperty("conversations").EnumerateArray().Select(turn => turn.GetProperty("value").GetString()!).ToArray();
        first[1].ShouldBe(Turns.Call("a circle"));
        first[2].ShouldBe("<tool_response>\n<image>\n</tool_response>");
        first[4].ShouldBe("<tool_response>\nerror: <think> is never closed: end it with </think>. (at character 0)\n</tool_response>");
        file.RootElement[1].GetProperty("conversations")[0].GetProperty("value").GetString().ShouldBe("an < image> in the words");
        file.RootElement[2].GetProperty("conversations")[0].GetProperty("value").GetString().ShouldBe("<image>make it blue");

        using var described = JsonDocument.Parse(await File.ReadAllTextAsync(_exchange["dataset_info.json"]));
        described.RootElement.GetProperty("runs").GetProperty("file_name").GetString().ShouldBe("runs.json");
        described.RootElement.GetProperty("runs").GetProperty("columns").GetProperty("messages").GetString().ShouldBe("conversations");
    }

    [Fact]
    public async Task A_second_export_keeps_what_the_dataset_description_says_of_others()
    {
        await File.WriteAllTextAsync(_exchange["dataset_info.json"], "{\"theirs\": {\"file_name\": \"theirs.json\"}}");
        await ExportAsync(new TrajectoryFolder(_source.Path), _exchange["runs.json"]);

        using var described = JsonDocument.Parse(await File.ReadAllTextAsync(_exchange["dataset_info.json"]));
        described.RootElement.EnumerateObject().Select(member => member.Name).ShouldBe(["theirs", "runs"]);
    }

    [Fact]
    public async Task A_run_with_native_calls_is_exported_as_one_with_tags_so_that_all_train_one_way_of_speaking()
    {
        var model = new ScriptedModel(
            _ => new ChatMessage(
                ChatRole.Assistant,
                [
                    new TextContent("I plan."),
                    new FunctionCallContent("c1", "generate_image", new Dictionary<string, object?>(StringComparer.Ordinal) { ["prompt"] = "x" })
                ]),
            _ => new ChatMessage(ChatRole.Assistant, "<judge>ok\nverdict: pass</judge>So it is.<answer>1</answer>"));
        var run = await new ImageAgent(model, new SeededGenerator(), new ImageAgentOptions { Dialect = "native" }).RunAsync("p");
        using var folder = new TemporaryFolder();
        await using (var store = await TrajectoryStore.OpenAsync(folder.Path))
        {
            await store.AppendAsync(run);
        }

        await ExportAsync(new TrajectoryFolder(folder.Path), _exchange["native.json"]);
        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(_exchange["native.json"]));
        var record = file.RootElement[0];
        record.GetProperty("system").GetString()!.ShouldContain("<tools>");
        record.GetProperty("conversations")[1].GetProperty("value").GetString()
            .ShouldBe("<think>I plan.</think>\n<tool_call>\n{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"x\"}}\n</tool_call>");
        record.GetProperty("conversations")[3].GetProperty("value").GetString()
            .ShouldBe("<judge>ok\nverdict: pass</judge>\n<think>So it is.</think>\n<answer>1</answer>");
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("", "")]
    public async Task A_conversation_that_others_wrote_is_read_with_its_calls_images_and_answer(string open, string close)
    {
        await File.WriteAllBytesAsync(_exchange["one.png"], SeededGenerator.Png(8, 8, 1));
        await File.WriteAllBytesAsync(_exchange["two.png"], SeededGenerator.Png(8, 8, 2));
        var record = JsonSerializer.Serialize(new
        {
            system = "Paint.",
            conversations = new[]
            {
                new { from = "human", value = "two circles" },
                new { from = "gpt", value = Turns.Call("circles") },
                new { from = "observation", value = "<image>" },
                new { from = "gpt", value = "not a turn" },
                new { from = "human", value = "say it again" },
                new { from = "function_call", value = "{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"two circles\"}}" },
                new { from = "observation", value = "<tool_response><image></tool_response>" },
                new { from = "gpt", value = Turns.Answer() },
            },
            images = TwoImages,
        });
        await File.WriteAllTextAsync(_exchange["theirs.json"], open + record + close);
        (await ImportAsync(_exchange["theirs.json"])).ShouldBe(1);

        var read = await new TrajectoryFolder(_target.Path).ReadAllAsync().SingleAsync();
        (read.Prompt, read.Instructions, read.StopReason, read.ImageRounds).ShouldBe(("two circles", "Paint.", StopReason.Answered, 2));
        read.Rounds.Select(round => round.Generation?.Prompt).ShouldBe(["circles", null, "two circles", null]);
        read.Faults.Single().Kind.ShouldBe(FaultKind.BrokenTurn);
        read.Answer.ShouldBe(new FinalAnswer(read.Rounds[2].Images[0].Id, 2, ChoiceRule.Passed, "Done."));
        read.Rounds[0].Images[0].Seed.ShouldBeNull();
        read.Id.ShouldStartWith("import-");
    }

    [Theory]
    [InlineData("""[{"conversations": []}]""", "record 1: The conversation does not begin with a turn of \"human\"")]
    [InlineData("""[{"conversations": [{"from": "human", "value": "p"}, {"from": "human", "value": "<image>"}]}]""", "Two turns of the user follow")]
    [InlineData("""[{"conversations": [{"from": "human", "value": "<image>"}]}]""", "more placeholders <image> than the 0 images")]
    [InlineData("""[{"conversations": [{"from": "human", "value": "p"}], "images": ["x.png"]}]""", "0 placeholders <image>, but there are 1 images")]
    [InlineData("""[{"conversations": [{"from": "human", "value": "<image>"}], "images": ["none.png"]}]""", "none.png")]
    [InlineData("""[{"conversations": [{"from": "human", "value": "<image>"}], "images": ["../../etc/passwd"]}]""", "lies outside of the file's folder")]
    [InlineData("""[{"conversations": [{"from": "human", "value": "<image>"}], "images": ["text.png"]}]""", "text.png: What came back is no image")]
    [InlineData("""[{"conversations": [{"from": "human", "value": "p"}], "genagent": "{}"}]""", "record 1: The line is no trajectory")]
    [InlineData("[null]", "The record is null")]
    [InlineData("[{]", "record 1: ")]
    public async Task A_foreign_file_that_cannot_be_read_names_record_and_reason(string json, string why)
    {
        await File.WriteAllTextAsync(_exchange["text.png"], "no image");
        await File.WriteAllTextAsync(_exchange["bad.json"], json);

        (await Should.ThrowAsync<InvalidDataException>(() => ImportAsync(_exchange["bad.json"]))).Message.ShouldContain(why);
    }

    [Fact]
    public async Task A_damaged_Parquet_file_is_refused_with_its_name()
    {
        await File.WriteAllTextAsync(_exchange["bad.parquet"], "PAR1 but not really PAR1");
        (await Should.ThrowAsync<InvalidDataException>(() => ImportAsync(_exchange["bad.parquet"]))).Message.ShouldStartWith(_exchange["bad.parquet"]);
        await Should.ThrowAsync<FileNotFoundException>(() => ImportAsync(_exchange["none.parquet"]));
    }

    [Fact]
    public async Task More_trajectories_than_a_row_group_holds_come_back_in_order()
    {
        using var many = new TemporaryFolder();
        var run = await SampleRuns.TwoRoundsAsync();
        await using (var store = await TrajectoryStore.OpenAsync(many.Path))
        {
            await Task.WhenAll(Enumerable.Range(0, 70).Select(index => store.AppendAsync(run.Trajectory with { Id = $"{index}" }, run.Images)));
        }

        await ExportAsync(new TrajectoryFolder(many.Path), _exchange["many.parquet"]);
        (await ImportAsync(_exchange["many.parquet"])).ShouldBe(70);
        (await new TrajectoryFolder(_target.Path).ReadAllAsync().Select(trajectory => trajectory.Id).ToListAsync())
            .ShouldBe(await new TrajectoryFolder(many.Path).ReadAllAsync().Select(trajectory => trajectory.Id).ToListAsync());
    }

    [Fact]
    public async Task An_export_that_fails_leaves_the_earlier_file_as_it_was()
    {
        await ExportAsync(new TrajectoryFolder(_source.Path), _exchange["runs.json"]);
        var before = await File.ReadAllTextAsync(_exchange["runs.json"]);
        await Should.ThrowAsync<InvalidOperationException>(
            () => ShareGptFile.ExportAsync(Failing(), new TrajectoryFolder(_source.Path), _exchange["runs.json"]));

        (await File.ReadAllTextAsync(_exchange["runs.json"])).ShouldBe(before);
        Directory.GetFiles(_exchange.Path, "*.tmp").ShouldBeEmpty();

        async IAsyncEnumerable<Trajectory> Failing()
        {
            yield return await new TrajectoryFolder(_source.Path).ReadAllAsync().FirstAsync();
            throw new InvalidOperationException("disk gone");
        }
    }

    [Fact]
    public async Task A_description_of_other_data_sets_is_added_to_and_one_that_is_damaged_is_not_replaced()
    {
        await File.WriteAllTextAsync(_exchange["dataset_info.json"], """{"mine": {"file_name": "mine.json"}}""");
        await ExportAsync(new TrajectoryFolder(_source.Path), _exchange["runs.json"]);
        using (var info = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(_exchange["dataset_info.json"])))
        {
            info.RootElement.EnumerateObject().Select(entry => entry.Name).ShouldBe(["mine", "runs"]);
        }

        await File.WriteAllTextAsync(_exchange["dataset_info.json"], "[1,");
        (await Should.ThrowAsync<InvalidDataException>(() => ExportAsync(new TrajectoryFolder(_source.Path), _exchange["runs.json"]))).Message.ShouldContain(
            "dataset_info.json");
        (await File.ReadAllTextAsync(_exchange["dataset_info.json"])).ShouldBe("[1,");
    }

    private static Task<int> ExportAsync(TrajectoryFolder source, string file) => file.EndsWith(".parquet", StringComparison.Ordinal)
        ? ParquetFile.ExportAsync(source.ReadAllAsync(), source, file)
        : ShareGptFile.ExportAsync(source.ReadAllAsync(), source, file);

    private async Task<int> ImportAsync(string file)
    {
        await using var store = await TrajectoryStore.OpenAsync(_target.Path);
        return file.EndsWith(".parquet", StringComparison.Ordinal) ? await ParquetFile.ImportAsync(file, store) : await ShareGptFile.ImportAsync(file, store);
    }
}

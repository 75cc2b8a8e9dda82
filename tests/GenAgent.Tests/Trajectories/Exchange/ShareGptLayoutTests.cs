using System.Text;
using GenAgent.Tests.Agents;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Tests.Trajectories.Exchange;

/// <summary>The layouts in which people keep conversations (LLaMA-Factory's data/README.md and its demo files, LLaVA's, OpenAI's).</summary>
public sealed class ShareGptLayoutTests : IDisposable
{
    private const string Call = "<think>plan</think>\n<tool_call>\n{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"a red cat\"}}\n</tool_call>";

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _target = new();

    public ShareGptLayoutTests() => File.WriteAllBytes(_folder["1.png"], SeededGenerator.Png(8, 8, 1));

    public void Dispose()
    {
        _folder.Dispose();
        _target.Dispose();
    }

    [Theory]
    [InlineData("""[{"conversations": [{"from": "human", "value": "<image>Who?"}, {"from": "gpt", "value": "A cat."}], "images": ["1.png"]}]""")]
    [InlineData("""[{"messages": [{"role": "user", "content": "<image>Who?"}, {"role": "assistant", "content": "A cat."}], "images": ["1.png"]}]""")]
    [InlineData(
        """[{"conversations": [{"from": "human", "value": "<image>Who?"}, {"from": "assistant", "value": "A cat."}], "images": "1.png", "system": null}]""")]
    [InlineData("""[{"id": 7, "image": "1.png", "conversations": [{"from": "human", "value": "<image>Who?"}, {"from": "gpt", "value": "A cat."}]}]""")]
    [InlineData("""[{"messages": [{"role": "user", "content": [{"type": "image", "image": "1.png"}, {"type": "text", "text": "Who?"}]}, {"role": "assistant", "content": [{"type": "text", "text": "A cat."}]}]}]""")]
    [InlineData("""[{"messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Who?"}]}, {"role": "assistant", "content": "A cat."}], "images": [{"path": "1.png"}]}]""")]
    [InlineData(
        "\n  [{\"conversations\": [{\"from\": \"human\", \"value\": \"<image>Who?\"}, {\"from\": \"gpt\", \"value\": \"A cat.\"}], \"images\": [\"1.png\"]}]")]
    [InlineData(
        "{\n\"conversations\":\n[{\"from\": \"human\", \"value\": \"<image>Who?\"}, {\"from\": \"gpt\", \"value\": \"A cat.\"}], \"images\": [\"1.png\"]}\n\n")]
    public async Task One_conversation_in_any_usual_layout_is_read_alike_with_and_without_a_byte_order_mark(string json)
    {
        foreach (var encoding in new[] { new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true) })
        {
            await File.WriteAllTextAsync(_folder["all.json"], json, encoding);
            var record = (await ReadAsync()).ShouldHaveSingleItem();
            record.Fault.ShouldBeNull();
            record.Conversation!.Turns.Select(turn => (turn.IsModel, turn.Text)).ShouldBe([(false, "<image>Who?"), (true, "A cat.")]);
            record.Conversation.Images.ShouldBe(["1.png"]);
            record.Conversation.System.ShouldBeNull();
        }

        (await ImportAsync()).OriginalImages.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_description_beside_a_file_names_its_columns_tags_and_roles()
    {
        await File.WriteAllTextAsync(_folder["dataset_info.json"], """
            {"other": {"hf_hub_url": "x/y"},
             "mine": {"file_name": "all.json", "formatting": "sharegpt",
               "columns": {"messages": "dialog", "images": "pictures", "system": "task"},
               "tags": {"role_tag": "who", "content_tag": "says", "user_tag": "teacher", "assistant_tag": "pupil", "system_tag": "head"}}}
            """, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        await File.WriteAllTextAsync(_folder["all.json"], """
            [{"dialog": [{"who": "teacher", "says": "<image>Who?"}, {"who": "pupil", "says": "A cat."}], "pictures": ["1.png"], "task": "Answer."},
             {"dialog": [{"who": "head", "says": "Be brief."}, {"who": "teacher", "says": "Who?"}, {"who": "pupil", "says": "A cat."}], "task": "Answer."},
             {"dialog": [{"who": "human", "says": "Who?"}, {"who": "pupil", "says": "A cat."}]},
             {"conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "A cat."}]}]
            """);

        var records = await ReadAsync();
        records[0].Conversation!.System.ShouldBe("Answer.");
        records[0].Conversation!.Images.ShouldBe(["1.png"]);
        records[1].Conversation!.System.ShouldBe("Be brief.", "as LLaMA-Factory, which takes the turn before the column");
        records[2].Fault!.ShouldContain(
            "Turn 1: The role \"human\" is unknown; known are teacher, pupil, observation, function_call, head (by dataset_info.json, \"mine\")");
        records[3].Fault!.ShouldContain("There is no \"dialog\"");
    }

    [Theory]
    [InlineData("""{"mine": {"file_name": "all.json", "formatting": "alpaca"}}""", "in the layout \"alpaca\"")]
    [InlineData("""{"mine": {"file_name": "all.json", "ranking": true}}""", "pairs of answers")]
    [InlineData("""{"mine": {"file_name": "all.json", "tags": []}}""", "\"tags\" is no object")]
    [InlineData("[]", "a JSON object of data sets is expected")]
    [InlineData("{", "dataset_info.json: ")]
    public async Task A_description_that_says_what_is_not_read_is_an_error_that_names_it(string info, string why)
    {
        await File.WriteAllTextAsync(_folder["dataset_info.json"], info);
        await File.WriteAllTextAsync(_folder["all.json"], """[{"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "x"}]}]""");
        (await Should.ThrowAsync<InvalidDataException>(ReadAsync)).Message.ShouldContain(why);
    }

    [Fact]
    public async Task Rounds_that_are_not_to_be_learned_are_before_the_first_one_that_is()
    {
        const string Turns = """{"role": "user", "content": "p"}, {"role": "assistant", "content": "a", "weight": FIRST}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "b", "weight": LAST}""";
        async Task WriteAsync(int first, int last) => await File.WriteAllTextAsync(
            _folder["all.json"], $"[{{\"messages\": [{Turns.Replace("FIRST", $"{first}").Replace("LAST", $"{last}")}]}}]");

        await WriteAsync(0, 1);
        (await ImportAsync()).Task!.LearnFrom.ShouldBe(1);

        await WriteAsync(1, 0);
        (await Should.ThrowAsync<InvalidDataException>(ImportAsync)).Message.ShouldContain("not to be learned");
    }

    [Theory]
    [InlineData("file://1.png")]
    [InlineData("FILE://./1.png")]
    public async Task An_image_s_path_may_be_written_as_a_file_s_address(string path)
    {
        await File.WriteAllTextAsync(_folder["all.json"], $$"""
            [{"messages": [{"role": "user", "content": [{"type": "image", "image": "{{path}}"}, {"type": "text", "text": "Who?"}]}, {"role": "assistant", "content": "A cat."}]}]
            """);
        (await ImportAsync()).OriginalImages.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("chatgpt")]
    [InlineData("bard")]
    [InlineData("Human")]
    [InlineData("")]
    public async Task A_role_that_nobody_knows_is_refused_by_record_turn_and_name(string role)
    {
        await File.WriteAllTextAsync(_folder["all.json"], $$"""
            [{"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "x"}]},
             {"conversations": [{"from": "human", "value": "p"}, {"from": "{{role}}", "value": "x"}]}]
            """);
        var message = (await Should.ThrowAsync<InvalidDataException>(ImportAsync)).Message;
        message.ShouldContain("all.json, record 2: Turn 2: The role \"" + role + "\" is unknown; known are human, user, gpt, assistant");
        (await ReadAsync()).Select(record => record.Fault is null).ShouldBe([true, false]);
    }

    [Theory]
    [InlineData("""{"from": "function_call", "value": "{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"a red cat\"}}"}""", false)]
    [InlineData("""{"from": "function_call", "value": "[{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"a red cat\"}}]"}""", false)]
    [InlineData("""{"from": "function_call", "value": "{\"arguments\": \"{\\\"prompt\\\": \\\"a red cat\\\"}\", \"name\": \"generate_image\"}"}""", false)]
    [InlineData("""{"from": "function_call", "value": {"name": "generate_image", "arguments": {"prompt": "a red cat"}}}""", false)]
    [InlineData(
        """{"from": "function_call", "value": "<think>plan</think>\n\n{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"a red cat\"}}"}""", true)]
    [InlineData(
        """{"from": "function_call", "value": "<think>plan</think>\n<tool_call>\n{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"a red cat\"}}\n</tool_call>"}""",
        true)]
    [InlineData(
        """{"role": "assistant", "content": null, "tool_calls": [{"type": "function", "function": {"name": "generate_image", "arguments": "{\"prompt\": \"a red cat\"}"}}]}""",
        false)]
    [InlineData(
        """{"role": "assistant", "content": "<think>plan</think>", "tool_calls": [{"type": "function", "function": {"name": "generate_image", "arguments": {"prompt": "a red cat"}}}]}""",
        true)]
    public async Task A_call_in_any_usual_shape_becomes_the_call_that_the_model_writes_and_its_result_the_turn_that_it_reads(string call, bool thinks)
    {
        await File.WriteAllTextAsync(_folder["all.json"], $$"""
            [{"conversations": [{"from": "human", "value": "draw a red cat"}, {{call}}, {"from": "observation", "value": "<image>"}, {"from": "gpt", "value": "<answer>image 1</answer>"}], "images": ["1.png"]}]
            """);
        var turns = (await ReadAsync()).Single().Conversation!.Turns;
        turns[1].Text.ShouldBe(thinks ? Call : Call.Replace("<think>plan</think>\n", string.Empty, StringComparison.Ordinal));
        turns[2].Text.ShouldBe("<tool_response>\n<image>\n</tool_response>");
        var read = await ImportAsync();
        (read.Rounds[0].Generation!.Prompt, read.ImageRounds).ShouldBe(("a red cat", 1));
    }

    [Fact]
    public async Task Tools_are_told_in_the_system_turn_as_the_template_of_the_model_tells_them()
    {
        await File.WriteAllTextAsync(_folder["all.json"], """
            [{"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "x"}], "tools": "[{\"name\": \"look\", \"description\": \"\", \"parameters\": {}}]"}]
            """);
        (await ReadAsync()).Single().Conversation!.System!.ShouldStartWith(
            "You are a helpful assistant.\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function "
            + "signatures within <tools></tools> XML tags:\n"
            + "<tools>\n{\"type\": \"function\", \"function\": {\"name\": \"look\", \"description\": \"\", \"parameters\": {}}}\n</tools>\n\nFor each "
            + "function call");
    }

    [Fact]
    public async Task Results_of_several_calls_are_one_turn_and_a_record_that_ends_on_an_image_keeps_it()
    {
        await File.WriteAllTextAsync(_folder["all.json"], $$"""
            [{"messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": {{System.Text.Json.JsonSerializer.Serialize(Call)}}},
              {"role": "tool", "content": "<image>"}, {"role": "tool", "content": "<image>"}], "images": ["1.png", "1.png"]}]
            """);
        (await ReadAsync()).Single().Conversation!.Turns[2].Text.ShouldBe(
            "<tool_response>\n<image>\n</tool_response>\n<tool_response>\n<image>\n</tool_response>");
        var read = await ImportAsync();
        read.Rounds.ShouldHaveSingleItem().Images.Count.ShouldBe(2);
        read.Answer.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("""{"conversations": [{"from": "gpt", "value": "x"}]}""", "Turn 1: The conversation does not begin with a turn of \"human\"")]
    [InlineData(
        """{"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "x"}, {"from": "gpt", "value": "x"}]}""",
        "Turn 3: Two turns of the model follow")]
    [InlineData(
        """{"conversations": [{"from": "human", "value": "p"}, {"from": "system", "value": "x"}]}""", "Turn 2: A turn of \"system\" can only be the first")]
    [InlineData(
        """{"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "see <image>"}], "images": ["1.png"]}""",
        "Turn 2: A turn of the model holds <image>")]
    [InlineData("""{"conversations": [{"from": "human", "value": "p"}, {"from": "gpt"}]}""", "Turn 2: It has no \"value\"")]
    [InlineData("""{"conversations": [{"from": "human", "value": 3}, {"from": "gpt", "value": "x"}]}""", "Turn 1: Its \"value\" or \"content\" is no text")]
    [InlineData("""{"conversations": [{"value": "p"}, {"from": "gpt", "value": "x"}]}""", "Turn 1: It has no \"from\" or \"role\"")]
    [InlineData("""{"conversations": [null]}""", "Turn 1: It is null")]
    [InlineData("""{"conversations": null}""", "There is no \"conversations\" and no \"messages\"")]
    [InlineData("""{"instruction": "p", "output": "x"}""", "this is the alpaca layout")]
    [InlineData("""{"conversations": "p"}""", "The turns are no list")]
    [InlineData("3", "The record is no JSON object")]
    [InlineData("""{"conversations": [{"from": "human", "value": "p"}, {"from": "function_call", "value": "look()"}]}""", "Turn 2: A call is no JSON")]
    [InlineData("""{"conversations": [{"from": "human", "value": "p"}, {"from": "function_call", "value": "[]"}]}""", "Turn 2: A call is no object")]
    [InlineData("""{"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "x"}], "images": [null]}""", "An image is no path")]
    [InlineData("""{"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "x"}], "videos": ["a.mp4"]}""", "\"videos\"")]
    [InlineData(
        """{"conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "x"}], "images": ["https://x/y.png"]}""",
        "is an address: download it")]
    [InlineData("""{"conversations": [{"from": "human", "value": "p"}]}""", "No turn is the model's")]
    public async Task A_record_that_is_no_conversation_says_where_and_why(string record, string why)
    {
        await File.WriteAllTextAsync(_folder["all.jsonl"], record);
        var message = (await Should.ThrowAsync<InvalidDataException>(() => ImportAsync("all.jsonl"))).Message;
        message.ShouldStartWith($"{_folder["all.jsonl"]}, record 1: ");
        message.ShouldContain(why);
    }

    [Fact]
    public async Task A_file_of_another_encoding_says_so()
    {
        await File.WriteAllTextAsync(_folder["all.json"], "[]", Encoding.Unicode);
        (await Should.ThrowAsync<InvalidDataException>(ReadAsync)).Message.ShouldContain("UTF-16");
    }

    private async Task<List<ShareGptEntry>> ReadAsync() => await ShareGptRecords.ReadAsync(_folder["all.json"]).ToListAsync();

    private async Task<Trajectory> ImportAsync(string name)
    {
        await using (var store = await TrajectoryStore.OpenAsync(_target.Path))
        {
            await ShareGptFile.ImportAsync(_folder[name], store);
        }

        return await new TrajectoryFolder(_target.Path).ReadAllAsync().FirstAsync();
    }

    private Task<Trajectory> ImportAsync() => ImportAsync("all.json");
}

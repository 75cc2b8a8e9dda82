using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Generate;

public sealed class BatchGenerateTests : IDisposable
{
    private readonly TestHost _host = new();

    public BatchGenerateTests() => _host.Screen.Profile.Capabilities.Ansi = false;

    public void Dispose() => _host.Dispose();

    private string[] Images =>
        [.. Directory.EnumerateFiles(Path.Combine(_host.Folder, "run"), "*.png").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private string[] Trajectories => File.ReadAllLines(Path.Combine(_host.Folder, "run", "trajectories.jsonl"));

    private Task<ExitCode> GenerateAsync(params string[] more) => _host.RunAsync(["generate", "--prompts", "prompts.txt", "--out", "run", .. more]);

    [Fact]
    public async Task Each_line_of_a_file_is_a_prompt_and_each_path_a_line_of_output()
    {
        _host.Write("prompts.txt", "a red cat\n\n  a blue dog  \r\na red cat\n");

        var code = await GenerateAsync("--jobs", "1");

        Snapshot.Match(_host.Transcript(code));
        Images.ShouldBe(["0001-a-red-cat.png", "0002-a-blue-dog.png", "0003-a-red-cat.png"]);
        Trajectories.Length.ShouldBe(3);
    }

    [Theory]
    [InlineData("-")]
    [InlineData("--prompts", "-")]
    public async Task Prompts_come_from_standard_input(params string[] arguments)
    {
        _host.Input = "a red cat\na blue dog\n";

        (await _host.RunAsync(["generate", .. arguments, "--out", "run"])).ShouldBe(ExitCode.Success);

        Images.ShouldBe(["0001-a-red-cat.png", "0002-a-blue-dog.png"]);
    }

    [Fact]
    public async Task Prompts_come_from_a_benchmark_s_JSON_lines()
    {
        _host.Write("bench.jsonl", """
            {"id":1,"prompt":"a red cat"}
            {"id":2,"prompt":"a blue dog"}
            """);

        (await _host.RunAsync("generate", "--prompts", "bench.jsonl", "--out", "run")).ShouldBe(ExitCode.Success);

        Images.ShouldBe(["0001-a-red-cat.png", "0002-a-blue-dog.png"]);
    }

    [Theory]
    [InlineData(
        "[\n  {\n    \"Prompt\": \"a red cat\",\n    \"Explanation\": \"x\",\n    \"prompt_id\": 1\n  },\n  {\"Prompt\": \"a blue dog\", \"prompt_id\": 2}\n]")]
    [InlineData("\uFEFF\n[\"a red cat\", {\"tag\": \"colors\", \"prompt\": \"a blue dog\"}]")]
    [InlineData("{\"prompt\": \"a red cat\"}\n{\"prompt\": \"a blue dog\"}\n")]
    [InlineData("[{\"prompt\": \"a red cat\"}, {\"prompt\": \"\\ud83d a blue dog\"}]")]
    public async Task Records_of_a_JSON_file_are_prompts_and_not_its_lines(string json)
    {
        _host.Write("wise.json", json);

        (await _host.RunAsync("generate", "--prompts", "wise.json", "--out", "run")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        Images.ShouldBe(["0001-a-red-cat.png", "0002-a-blue-dog.png"]);
    }

    [Theory]
    [InlineData("wise.json", "[{\"prompt\": \"a\"}, {\"text\": \"b\"}]", "wise.json, record 2: a text, or an object with a text \"prompt\"")]
    [InlineData("wise.json", "[{\"prompt\": \"a\"}, {\"prompt\"", "record 2: ")]
    [InlineData("wise.json", "[]", "holds no prompt")]
    [InlineData("parti.tsv", "Prompt\tCategory\na cat\tAnimals", "tables are not read")]
    [InlineData("bench.jsonl", "{\"prompt\":\"a\"}\n{\"text\":\"b\"}", "line 2")]
    [InlineData("bench.jsonl", "{\"prompt\":\"a\"}\nnonsense", "line 2 is no JSON")]
    [InlineData("empty.txt", "\n \n", "holds no prompt")]
    [InlineData("marks.txt", "\uFEFF\n\uFEFF \n", "holds no prompt")]
    [InlineData("prompts.txt", "a red cat\n{\"promt\": \"a blue dog\"}\n", "prompts.txt, line 2: an object with a text \"prompt\" is wanted")]
    [InlineData("prompts.txt", "a\0 \0r\0e\0d\0", "prompts.txt, line 1 is no UTF-8 text: it holds zero bytes")]
    [InlineData("bench.ndjson", "a red cat", "line 1 is no JSON")]
    [InlineData("prompts.ods", "PK", "tables are not read")]
    public async Task A_file_that_cannot_be_used_is_refused_with_the_place(string name, string content, string message)
    {
        _host.Write(name, content);

        (await _host.RunAsync("generate", "--prompts", name, "--out", "run")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(message);
        _host.Agent.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_file_of_records_with_bytes_that_are_no_UTF_8_is_read_or_refused_and_breaks_nothing()
    {
        var json = System.Text.Encoding.Latin1.GetBytes("[{\"na\u00efve\": 1, \"\\ud83d\": 2, \"Prompt\": \"a red caf\u00e9\"}]");
        File.WriteAllBytes(Path.Combine(_host.Folder, "wise.json"), json);

        (await _host.RunAsync("generate", "--prompts", "wise.json", "--out", "run")).ShouldBeOneOf(ExitCode.Success, ExitCode.Usage);

        _host.Said.ShouldNotContain("did not expect");
    }

    [Fact]
    public async Task Byte_order_marks_at_the_beginning_of_any_line_are_no_part_of_a_prompt()
    {
        _host.Input = "\uFEFFa red cat\r\n\uFEFF  a blue dog\r\n";

        (await _host.RunAsync("generate", "-", "--out", "run")).ShouldBe(ExitCode.Success);

        Trajectories.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("prompt").GetString()).ShouldBe(["a red cat", "a blue dog"],
            ignoreOrder: true);
    }

    [Theory]
    [InlineData("-")]
    [InlineData("bench.ndjson")]
    [InlineData("bench.txt")]
    public async Task A_line_that_is_a_record_is_its_prompt_wherever_it_comes_from(string from)
    {
        const string Lines = "{\"id\": 1, \"prompt\": \"a red cat\"}\n{ \"Prompt\": \"a blue dog\" }\n";
        _host.Input = Lines;
        if (from != "-") _host.Write(from, Lines);

        (await _host.RunAsync("generate", "--prompts", from, "--out", "run")).ShouldBe(ExitCode.Success, _host.Said);

        Images.ShouldBe(["0001-a-red-cat.png", "0002-a-blue-dog.png"]);
    }

    [Fact]
    public async Task Words_in_braces_are_words()
    {
        _host.Write("prompts.txt", "{red|blue} cat\n");

        (await GenerateAsync()).ShouldBe(ExitCode.Success, _host.Said);

        JsonDocument.Parse(Trajectories.ShouldHaveSingleItem()).RootElement.GetProperty("prompt").GetString().ShouldBe("{red|blue} cat");
    }

    [Fact]
    public async Task A_folder_of_prompts_is_a_wrong_call()
    {
        (await _host.RunAsync("generate", "--prompts", ".", "--out", "run")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("is a folder");
    }

    [Fact]
    public async Task A_prompt_that_is_done_is_not_done_again_and_its_path_is_told_again()
    {
        _host.Write("prompts.txt", "a red cat\na blue dog\n");
        await GenerateAsync();
        var (calls, paths) = (_host.Agent.Calls, _host.OutputLines.Order().ToArray());

        (await GenerateAsync()).ShouldBe(ExitCode.Success);

        _host.Agent.Calls.ShouldBe(calls);
        _host.OutputLines.Skip(2).Order().ShouldBe(paths);
        Trajectories.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Lines_that_are_added_or_moved_do_not_make_old_prompts_new()
    {
        _host.Write("prompts.txt", "a red cat\na blue dog\n");
        await GenerateAsync();
        var calls = _host.Agent.Calls;
        _host.Write("prompts.txt", "a green bird\na blue dog\na red cat\na red cat\n");

        (await GenerateAsync()).ShouldBe(ExitCode.Success);

        _host.Agent.Calls.ShouldBe(calls + (2 * 3));
        Trajectories.Length.ShouldBe(4);
    }

    [Fact]
    public async Task A_line_put_above_another_that_begins_alike_takes_a_file_of_its_own()
    {
        _host.Write("prompts.txt", "a photograph of a red cat that sleeps on a chair\n");
        await GenerateAsync();
        var first = Path.Combine(_host.Folder, "run", Images.ShouldHaveSingleItem());
        var before = File.ReadAllBytes(first);
        _host.Write("prompts.txt", "a photograph of a red cat that jumps over a dog\na photograph of a red cat that sleeps on a chair\n");

        (await GenerateAsync()).ShouldBe(ExitCode.Success);

        File.ReadAllBytes(first).ShouldBe(before);
        Images.ShouldBe(["0001-a-photograph-of-a-red-2.png", "0001-a-photograph-of-a-red.png"]);
        (await GenerateAsync()).ShouldBe(ExitCode.Success);
        Images.Length.ShouldBe(2);
        _host.OutputLines.TakeLast(2).ShouldBeUnique();
    }

    [Fact]
    public async Task A_folder_that_is_deleted_while_prompts_are_worked_on_ends_the_run_with_an_error()
    {
        _host.Write("prompts.txt", "a red cat\na blue dog\na green bird\n");
        _host.Painter = new ScriptedPainter
        {
            Before = (call, _) =>
            {
                if (call == 3) Directory.Delete(Path.Combine(_host.Folder, "run"), recursive: true);
                return Task.CompletedTask;
            },
        };

        (await GenerateAsync("--jobs", "1")).ShouldBe(ExitCode.Storage);

        _host.Said.ShouldContain("was deleted or renamed while a run was writing to it");
    }

    [Fact]
    public async Task An_image_whose_file_was_lost_is_put_back_from_the_store()
    {
        _host.Write("prompts.txt", "a red cat\n");
        await GenerateAsync();
        var path = Path.Combine(_host.Folder, "run", "0001-a-red-cat.png");
        var image = File.ReadAllBytes(path);
        File.Delete(path);

        await GenerateAsync();

        File.ReadAllBytes(path).ShouldBe(image);
    }

    [Fact]
    public async Task A_run_folder_does_not_go_on_with_other_options()
    {
        _host.Write("prompts.txt", "a red cat\n");
        await GenerateAsync("--rounds", "3");

        (await GenerateAsync("--rounds", "2")).ShouldBe(ExitCode.Usage);
        (await GenerateAsync("--rounds", "3", "--seed", "99")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("Agent:MaxRounds was 3, now 2");
        _host.Said.ShouldContain("seed was 7, now 99");
        (await GenerateAsync("--rounds", "3", "--jobs", "2")).ShouldBe(ExitCode.Success);
    }

    [Fact]
    public async Task A_resumed_prompt_gets_the_image_that_it_would_have_got()
    {
        _host.Write("prompts.txt", "a red cat\na blue dog\n");
        await GenerateAsync("--jobs", "1");
        var image = File.ReadAllBytes(Path.Combine(_host.Folder, "run", "0002-a-blue-dog.png"));

        using var stop = new CancellationTokenSource();
        using var other = new TestHost();
        other.Write("prompts.txt", "a red cat\na blue dog\n");
        other.Painter = new() { Before = (call, _) => call == 3 ? stop.CancelAsync() : Task.CompletedTask };
        (await other.RunAsync(["generate", "--prompts", "prompts.txt", "--out", "run", "--jobs", "1"], stop.Token)).ShouldBe(ExitCode.Cancelled);
        other.Painter = new();
        (await other.RunAsync("generate", "--prompts", "prompts.txt", "--out", "run")).ShouldBe(ExitCode.Success);

        File.ReadAllBytes(Path.Combine(other.Folder, "run", "0002-a-blue-dog.png")).ShouldBe(image);
    }

    [Fact]
    public async Task Ctrl_C_keeps_the_best_so_far_of_what_was_under_way_and_goes_on_later()
    {
        _host.Write("prompts.txt", "a red cat\na blue dog\n");
        using var stop = new CancellationTokenSource();
        _host.Painter = new() { Before = (call, _) => call == 2 ? stop.CancelAsync() : Task.CompletedTask };

        (await _host.RunAsync(["generate", "--prompts", "prompts.txt", "--out", "run", "--jobs", "1"], stop.Token)).ShouldBe(ExitCode.Cancelled);
        Images.ShouldBe(["0001-a-red-cat.png"]);
        _host.Said.ShouldEndWith("stopped: the same command does the rest");

        _host.Painter = new();
        (await GenerateAsync()).ShouldBe(ExitCode.Success);
        Images.ShouldBe(["0001-a-red-cat.png", "0002-a-blue-dog.png"]);
    }

    [Fact]
    public async Task Ctrl_C_without_a_folder_of_ones_own_tells_which_one_to_name()
    {
        _host.Write("prompts.txt", "a red cat\na blue dog\n");
        using var stop = new CancellationTokenSource();
        _host.Painter = new() { Before = (call, _) => call == 2 ? stop.CancelAsync() : Task.CompletedTask };

        (await _host.RunAsync(["generate", "--prompts", "prompts.txt", "--jobs", "1"], stop.Token)).ShouldBe(ExitCode.Cancelled);

        var folder = Path.GetRelativePath(_host.Folder, Directory.GetDirectories(Path.Combine(_host.Folder, "runs")).ShouldHaveSingleItem());
        _host.Said.ShouldEndWith($"stopped: the same command with --out {folder} does the rest");
    }

    [Fact]
    public async Task A_prompt_that_fails_does_not_stop_the_others()
    {
        _host.Write("prompts.txt", "a red cat\nsomething bad\na bell \a rings\na blue dog\n");
        _host.Agent = new()
        {
            Turn = (images, messages) =>
                messages.Any(message => message.Text.Contains("something bad"))
                    ? "<answer>No.</answer>"
                    : images switch { 0 => ScriptedAgent.FirstTurn, 1 => ScriptedAgent.SecondTurn, _ => ScriptedAgent.LastTurn },
        };

        (await GenerateAsync("--json", "--jobs", "1")).ShouldBe(ExitCode.NoImage, "the same call would change nothing");

        var results = _host.OutputLines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        results.Select(result => result.GetProperty("status").GetString()).ShouldBe(["completed", "failed", "failed", "completed"]);
        results[1].GetProperty("error").GetString()!.ShouldContain("No.");
        results[2].GetProperty("error").GetString()!.ShouldContain("control character");
        _host.Said.ShouldContain("2 of 4 prompts have no image; the same command does not do them again");
        _host.Said.ShouldContain(" 2: something bad");
    }

    [Fact]
    public async Task Prompts_without_an_image_are_named_again_by_the_same_call_and_those_that_it_does_again_apart()
    {
        _host.Write("prompts.txt", "a red cat\nsomething bad\na blue dog\n");
        var isDown = true;
        _host.Agent = new()
        {
            Turn = (images, messages) => messages.Any(message => message.Text.Contains("something bad")) ? "<answer>No.</answer>"
                : isDown && messages.Any(message => message.Text.Contains("a blue dog"))
                    ? throw new GenAgent.Models.BackendUnavailableException("the server is down")
                : images switch { 0 => ScriptedAgent.FirstTurn, 1 => ScriptedAgent.SecondTurn, _ => ScriptedAgent.LastTurn },
        };

        (await GenerateAsync("--jobs", "1")).ShouldBe(ExitCode.Partial, "the same call does the third prompt");
        _host.Said.ShouldContain("1 of 3 prompts have no image; the same command does not do them again");
        _host.Said.ShouldContain(" 2: something bad");
        _host.Said.ShouldContain("1 of 3 prompts are not done; the same command does them again");
        _host.Said.ShouldContain(" 3: a blue dog");

        isDown = false;
        var calls = _host.Agent.Calls;
        (await GenerateAsync("--jobs", "1", "--json")).ShouldBe(ExitCode.NoImage);
        _host.Agent.Calls.ShouldBe(calls + 3, "only the third prompt is done");
        _host.OutputLines.Where(line => line.StartsWith('{'))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("status").GetString())
            .Order()
            .ShouldBe(["completed", "failed", "skipped"]);
    }

    [Fact]
    public async Task A_prompt_that_is_too_long_for_the_model_is_not_promised_again()
    {
        _host.Write("prompts.txt", "a red cat\nsomething long\n");
        _host.Agent = new()
        {
            Turn = (images, messages) => messages.Any(message => message.Text.Contains("something long"))
                ? throw new GenAgent.Models.ContextLengthException("the conversation has 3000 tokens, the model holds 2048")
                : images switch { 0 => ScriptedAgent.FirstTurn, 1 => ScriptedAgent.SecondTurn, _ => ScriptedAgent.LastTurn },
        };

        (await GenerateAsync("--jobs", "1")).ShouldBe(ExitCode.NoImage, "the same call would change nothing");
        _host.Said.ShouldContain("1 of 2 prompts have no image; the same command does not do them again");
        var calls = _host.Agent.Calls;
        (await GenerateAsync("--jobs", "1")).ShouldBe(ExitCode.NoImage);
        _host.Agent.Calls.ShouldBe(calls, "nothing is left to do");
    }

    [Fact]
    public async Task Backends_that_are_down_stop_the_work_and_the_prompts_are_done_later()
    {
        _host.Write("prompts.txt", string.Join('\n', Enumerable.Range(0, 40).Select(i => $"prompt {i}")));
        _host.Agent = new() { Turn = (_, _) => throw new GenAgent.Models.BackendUnavailableException("the server is down") };

        (await GenerateAsync("--jobs", "1")).ShouldBe(ExitCode.Backend);
        _host.Agent.Calls.ShouldBeLessThan(10);
        _host.Said.ShouldContain("the server is down");

        _host.Agent = new();
        (await GenerateAsync()).ShouldBe(ExitCode.Success);
        Images.Length.ShouldBe(40);
    }

    [Fact]
    public async Task Two_processes_do_not_write_into_one_folder()
    {
        _host.Write("prompts.txt", "a red cat\n");
        using var other = new TestHost();
        other.Write("prompts.txt", "a red cat\n");
        ExitCode? second = null;
        _host.Painter = new()
        {
            Before = async (_, cancellationToken) =>
                second ??= await other.RunAsync(["generate", "--prompts", "prompts.txt", "--out", Path.Combine(_host.Folder, "run")], cancellationToken)
        };

        (await GenerateAsync()).ShouldBe(ExitCode.Success);

        second.ShouldBe(ExitCode.Storage);
        other.Said.ShouldContain("Another process");
    }

    [Fact]
    public async Task A_terminal_shows_a_bar_and_only_the_folder_at_the_end()
    {
        using var terminal = new TestHost();
        terminal.Screen.Profile.Capabilities.Interactive = true;
        terminal.Write("prompts.txt", "a red cat\na blue dog\n");

        (await terminal.RunAsync("generate", "--prompts", "prompts.txt", "--out", "run")).ShouldBe(ExitCode.Success);

        terminal.Said.ShouldContain("2 of 2");
        terminal.Said.ShouldContain("a blue dog: answered, 2 images");
    }
}

using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Generate;

public sealed class SingleGenerateTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    private string Only(string pattern) => Directory.EnumerateFiles(_host.Folder, pattern, SearchOption.AllDirectories).ShouldHaveSingleItem();

    [Fact]
    public async Task Runs_that_begin_in_one_second_have_a_folder_each()
    {
        var codes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _host.RunAsync("generate", "a red cat"))));

        codes.ShouldAllBe(code => code == ExitCode.Success);
        Directory.GetDirectories(Path.Combine(_host.Folder, "runs")).Length.ShouldBe(4);
        Directory.GetFiles(_host.Folder, "a-red-cat*.png", SearchOption.AllDirectories).Length.ShouldBe(4);
    }

    [Fact]
    public async Task An_empty_folder_name_is_refused_and_nothing_is_written_into_the_working_folder()
    {
        (await _host.RunAsync("generate", "a red cat", "--out", "")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("A path that was given is empty");
        Directory.EnumerateFileSystemEntries(_host.Folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_judge_that_outlasts_the_time_budget_is_not_waited_for_and_the_image_stays()
    {
        _host.Judge = new ScriptedAgent
        {
            Turn = (_, _) =>
            {
                _host.Time.Advance(TimeSpan.FromSeconds(60));
                return "verdict";
            },
        };

        (await _host.RunAsync("generate", "a red cat", "--out", "run", "--judge", "judge", "--budget-seconds", "30")).ShouldBe(ExitCode.Success);

        _host.Said.ShouldContain("the time budget was spent before the judge answered");
        _host.OutputLines.ShouldHaveSingleItem().ShouldEndWith("a-red-cat.png");
    }

    [Fact]
    public async Task Stopping_while_the_judge_is_at_work_keeps_the_image_and_says_that_the_call_was_stopped()
    {
        using var stop = new CancellationTokenSource();
        _host.Judge = new ScriptedAgent
        {
            Turn = (_, _) =>
            {
                stop.Cancel();
                stop.Token.ThrowIfCancellationRequested();
                return "";
            },
        };

        (await _host.RunAsync(["generate", "a red cat", "--out", "run", "--judge", "judge"], stop.Token)).ShouldBe(ExitCode.Cancelled);

        _host.OutputLines.ShouldHaveSingleItem().ShouldEndWith("a-red-cat.png");
    }

    [Fact]
    public async Task A_run_is_shown_round_by_round_and_the_image_s_path_is_the_last_line()
    {
        var code = await _host.RunAsync("generate", "a red cat on a blue chair", "--images", "none");

        Snapshot.Match(_host.Transcript(code));
        File.Exists(Path.Combine(_host.Folder, _host.OutputLines.ShouldHaveSingleItem())).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_a_terminal_a_run_is_plain_lines()
    {
        _host.Screen.Profile.Capabilities.Ansi = false;

        var code = await _host.RunAsync("generate", "a red cat on a blue chair");

        Snapshot.Match(_host.Transcript(code));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_that_ends_without_a_pass_says_so_and_shows_no_call_that_is_not_made(bool terminal)
    {
        _host.Screen.Profile.Capabilities.Ansi = terminal;

        (await _host.RunAsync("generate", "a red cat on a blue chair", "--rounds", "1", "--images", "none")).ShouldBe(ExitCode.Success);

        _host.Said.ShouldContain("not passed: this is the last attempt");
        _host.Said.ShouldContain("The chair is green.");
        _host.Said.ShouldContain("a photo of a red cat on a blue chair");
        _host.Said.ShouldNotContain("a blue chair, a red cat sitting on it");
    }

    [Fact]
    public async Task A_narrow_terminal_still_shows_every_word()
    {
        using var narrow = new TestHost(width: 32);

        var code = await narrow.RunAsync("generate", "a red cat on a blue chair", "--images", "none");

        Snapshot.Match(narrow.Transcript(code));
        narrow.Screen.Lines.ShouldAllBe(line => line.Length <= 32);
    }

    [Fact]
    public async Task The_result_is_one_line_of_JSON_when_a_program_asks()
    {
        var code = await _host.RunAsync("generate", "a red cat", "--json", "--out", "run", "--size", "48x24", "--seed", "3");

        code.ShouldBe(ExitCode.Success);
        _host.Screen.Output.ShouldBeEmpty();
        using var json = JsonDocument.Parse(_host.OutputLines.ShouldHaveSingleItem());
        var result = json.RootElement;
        result.GetProperty("schema").GetString().ShouldBe("genagent.generate/1");
        result.GetProperty("status").GetString().ShouldBe("completed");
        result.GetProperty("file").GetString().ShouldBe(Path.Combine("run", "a-red-cat.png"));
        result.GetProperty("image").GetProperty("width").GetInt32().ShouldBe(48);
        (result.GetProperty("rounds").GetInt32(), result.GetProperty("images").GetInt32(), result.GetProperty("verdict").GetString()).ShouldBe((2, 2, "pass"));
        result.GetProperty("tokens").GetProperty("output").GetInt32().ShouldBe(60);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_image_and_another_one_does_not()
    {
        async Task<byte[]> MakeAsync(string seed, string folder)
        {
            (await _host.RunAsync("generate", "a red cat", "--seed", seed, "--out", folder)).ShouldBe(ExitCode.Success);
            return await File.ReadAllBytesAsync(Path.Combine(_host.Folder, folder, "a-red-cat.png"));
        }

        var first = await MakeAsync("1", "a");
        (await MakeAsync("1", "b")).ShouldBe(first);
        (await MakeAsync("2", "c")).ShouldNotBe(first);
    }

    [Fact]
    public async Task A_second_image_of_the_same_prompt_does_not_take_the_first_one_s_place()
    {
        await _host.RunAsync("generate", "a red cat", "--out", "run");
        await _host.RunAsync("generate", "a red cat", "--out", "run");

        _host.OutputLines.ShouldBe([Path.Combine("run", "a-red-cat.png"), Path.Combine("run", "a-red-cat-2.png")]);
        (await File.ReadAllLinesAsync(Only("trajectories.jsonl"))).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Words_without_quotes_are_one_prompt()
    {
        await _host.RunAsync("generate", "a", "red", "cat", "--out", "run");

        _host.OutputLines.ShouldBe([Path.Combine("run", "a-red-cat.png")]);
    }

    [Theory]
    [InlineData("猫 und Übermut", "猫-und-übermut.png")]
    [InlineData("con", "image-con.png")]
    [InlineData("???", "image.png")]
    [InlineData("../../etc/passwd", "etc-passwd.png")]
    public async Task The_file_is_named_for_the_prompt_and_stays_in_its_folder(string prompt, string file)
    {
        (await _host.RunAsync("generate", prompt, "--out", "run")).ShouldBe(ExitCode.Success);

        _host.OutputLines.ShouldBe([Path.Combine("run", file)]);
        File.Exists(Path.Combine(_host.Folder, "run", file)).ShouldBeTrue();
    }

    [Fact]
    public async Task Ctrl_C_gives_the_best_attempt_so_far_and_code_130()
    {
        using var stop = new CancellationTokenSource();
        _host.Painter = new() { Before = (call, _) => call == 2 ? stop.CancelAsync() : Task.CompletedTask };

        var code = await _host.RunAsync(["generate", "a red cat", "--out", "run"], stop.Token);

        code.ShouldBe(ExitCode.Cancelled);
        _host.OutputLines.ShouldBe([Path.Combine("run", "a-red-cat.png")]);
        _host.Said.ShouldContain("cancelled");
        File.Exists(Path.Combine(_host.Folder, "run", "a-red-cat.png")).ShouldBeTrue();
    }

    [Fact]
    public async Task Ctrl_C_before_the_first_image_says_so()
    {
        using var stop = new CancellationTokenSource();
        _host.Painter = new() { Before = (_, _) => stop.CancelAsync() };

        (await _host.RunAsync(["generate", "a red cat", "--out", "run"], stop.Token)).ShouldBe(ExitCode.Cancelled);

        _host.Output.Output.ShouldBeEmpty();
        _host.Said.ShouldContain("no image: it was cancelled");
    }

    [Fact]
    public async Task An_agent_that_declines_ends_with_a_code_of_its_own_and_its_reason()
    {
        _host.Agent = new() { Turn = (_, _) => "<answer>I will not paint that.</answer>" };

        (await _host.RunAsync("generate", "something bad", "--out", "run")).ShouldBe(ExitCode.NoImage);

        _host.Said.ShouldContain("I will not paint that.");
        _host.Output.Output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--rounds", "0", "Agent:MaxRounds")]
    [InlineData("--candidates", "65", "Agent:CandidatesPerRound")]
    [InlineData("--budget-seconds", "-1", "Agent:MaxSeconds")]
    [InlineData("--budget-images", "few", "Agent:MaxImages")]
    [InlineData("--judge-kind", "kind", "Judging:Kind")]
    [InlineData("--agent", "nonsense:x", "nonsense")]
    [InlineData("--generator", "http://localhost", "address without a scheme")]
    public async Task A_wrong_flag_ends_the_call_before_anything_is_made(string flag, string value, string message)
    {
        (await _host.RunAsync("generate", "a red cat", flag, value)).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(message);
        Directory.EnumerateFileSystemEntries(_host.Folder).ShouldBeEmpty();
        _host.Agent.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a bell \a rings")]
    public async Task A_prompt_that_cannot_be_used_is_refused(string prompt)
    {
        (await _host.RunAsync("generate", prompt, "--out", "run")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("error:");
        _host.Agent.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_prompt_of_100000_characters_is_refused_with_the_limit_named()
    {
        (await _host.RunAsync("generate", new string('a', 100_000), "--out", "run")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("100000");
        _host.Said.ShouldContain("10000");
    }

    [Fact]
    public async Task The_judge_s_score_of_the_final_image_is_shown_and_kept()
    {
        _host.Judge = new() { Turn = (_, _) => """{"reason":"a red cat indeed","score":9,"passed":true}""" };

        await _host.RunAsync("generate", "a red cat", "--judge", "judge", "--json", "--out", "run");

        using var json = JsonDocument.Parse(_host.OutputLines.ShouldHaveSingleItem());
        json.RootElement.GetProperty("judgment").GetRawText().ShouldBe(
            """{"judge":"pointwise/1@scripted-vl","value":0.9,"passed":true,"reason":"a red cat indeed","error":null}""");
        File.ReadAllText(Only("trajectories.jsonl")).ShouldContain("\"pointwise/1@scripted-vl\":0.9");
    }

    [Fact]
    public async Task A_judge_that_fails_gives_no_number_and_loses_no_image()
    {
        _host.Judge = new() { Turn = (_, _) => "I would rather not say." };

        (await _host.RunAsync("generate", "a red cat", "--judge", "judge", "--json", "--out", "run", "--set", "Judging:Retries=0")).ShouldBe(ExitCode.Success);

        using var json = JsonDocument.Parse(_host.OutputLines.ShouldHaveSingleItem());
        json.RootElement.GetProperty("judgment").GetProperty("value").ValueKind.ShouldBe(JsonValueKind.Null);
        json.RootElement.GetProperty("judgment").GetProperty("error").GetString()!.ShouldContain("no usable answer");
    }

    [Fact]
    public async Task The_judge_chooses_among_a_round_s_candidates()
    {
        // The judge likes the second of each pair that it is shown, wherever it stands.
        byte[]? liked = null;
        _host.Judge = new()
        {
            Turn = (_, messages) =>
            {
                var image = messages.SelectMany(message => message.Contents).OfType<Microsoft.Extensions.AI.DataContent>().Last().Data.ToArray();
                liked ??= image;
                return $$"""{"reason":"r","score":{{(image.SequenceEqual(liked) ? 9 : 2)}},"passed":false}""";
            },
        };

        await _host.RunAsync(
            "generate", "a red cat", "--judge", "judge", "--candidates", "3", "--rounds", "1", "--json", "--out", "run", "--set", "Judging:Concurrency=1");

        using var json = JsonDocument.Parse(_host.OutputLines.ShouldHaveSingleItem());
        json.RootElement.GetProperty("images").GetInt32().ShouldBe(3);
        (await File.ReadAllBytesAsync(Path.Combine(_host.Folder, "run", "a-red-cat.png"))).ShouldBe(liked);
    }

    [Fact]
    public void An_embedded_model_that_is_not_there_says_so_and_what_to_use()
    {
        var missing = Should.Throw<GenAgent.Models.BackendUnavailableException>(() => GenAgent.Models.EmbeddedModels.Find("micro-flux-z"));

        ExitCodes.Of(missing, _host.Host()).ShouldBe(ExitCode.Backend);
        missing.Message.ShouldContain("micro-flux-z");
        missing.Message.ShouldContain("--agent openai:MODEL@http://localhost:8080/v1");
        missing.Message.ShouldContain("genagent pipeline recipes/micro/pipeline.json");
    }

    [Fact]
    public void All_three_embedded_models_come_with_the_program()
    {
        foreach (var name in (string[])["micro-agent", "micro-flux", "micro-flux-b"])
            File.Exists(Path.Combine(GenAgent.Models.EmbeddedModels.Find(name), "README.md")).ShouldBeTrue(name);
    }

    [Fact]
    public async Task What_a_model_says_cannot_command_the_terminal()
    {
        _host.Agent = new() { Turn = (images, _) =>
            images == 0 ? ScriptedAgent.FirstTurn.Replace("A red cat", "\e[2J\e]0;owned\aA red cat")
            : "<judge>fine\nverdict: pass</judge>\n<answer>\e[31mimage 1</answer>" };

        await _host.RunAsync("generate", "a red cat", "--out", "run", "--images", "none");

        _host.Screen.Output.ShouldNotContain("\e");
        _host.Screen.Output.ShouldNotContain("\a");
        _host.Said.ShouldContain("A red cat sits");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named_before_any_model_is_called()
    {
        _host.Write("taken", "a file stands here");

        (await _host.RunAsync("generate", "a red cat", "--out", "taken")).ShouldBe(ExitCode.Storage);

        _host.Said.ShouldContain("taken");
        _host.Said.ShouldContain("--out");
        _host.Agent.Calls.ShouldBe(0);
    }
}

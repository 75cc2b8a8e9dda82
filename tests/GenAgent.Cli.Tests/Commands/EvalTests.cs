using System.Text.Json;
using GenAgent.Cli.Commands.Eval;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Commands;

public sealed class EvalTests : IDisposable
{
    private static readonly string[] Quick = ["eval", "micro", "--images", "2", "--prompts-per-tag", "2", "--tag", "counting", "--tag", "knowledge_time"];

    private readonly TestHost _host = new(width: 140);

    public void Dispose() => _host.Dispose();

    private Task<ExitCode> Evaluate(params string[] more) => _host.RunAsync([.. Quick, .. more]);

    [Fact]
    public async Task A_generator_is_evaluated_with_a_table_and_the_sheet_s_path_is_the_last_line()
    {
        var code = await Evaluate("--generator", "canvas?drop=0&merge=0&recolor=0", "--oracle", "--jobs", "1", "--out", "run");

        Snapshot.Match(_host.Transcript(code));
        File.Exists(Path.Combine(_host.Folder, "run", "report.html")).ShouldBeTrue();
        File.Exists(Path.Combine(_host.Folder, "run", "report.json")).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_a_folder_the_same_call_finds_its_own_again()
    {
        (await Evaluate("--generator", "canvas")).ShouldBe(ExitCode.Success, _host.Screen.Output);
        var first = _host.OutputLines[^1];
        (await Evaluate("--generator", "canvas")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        _host.OutputLines[^1].ShouldBe(first);
        first.ShouldStartWith(Path.Combine("runs", "eval-micro-test-canvas"));
        _host.Screen.Output.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].ShouldStartWith("8 of 8 images");
    }

    [Fact]
    public async Task Programs_get_the_report_as_one_line_of_json()
    {
        (await Evaluate("--generator", "canvas", "--oracle", "--json")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        var json = JsonDocument.Parse(_host.OutputLines.ShouldHaveSingleItem()).RootElement;
        json.GetProperty("schema").GetString().ShouldBe("genagent.eval_micro/1");
        json.GetProperty("report").GetProperty("groups").GetArrayLength().ShouldBe(2);
        json.GetProperty("report").GetProperty("categories").GetProperty("success").GetDouble().ShouldBeInRange(0, 1);
    }

    [Fact]
    public async Task An_agent_is_evaluated_with_further_tools_and_is_another_system_with_them()
    {
        string[] call = ["eval", "run", "micro", "--agent", "scripted", "--generator", "scripted", "--images", "1", "--prompts-per-tag", "1", "--tag",
            "counting", "--out", "run"];
        (await _host.RunAsync([.. call, "--tool", "sketch=canvas", "--json"])).ShouldBe(ExitCode.Success, _host.Said);

        JsonDocument.Parse(_host.OutputLines[^1]).RootElement
            .GetProperty("report")
            .GetProperty("system")
            .GetString()
            .ShouldNotBeNull()
            .ShouldContain("sketch=canvas");
        File.ReadAllText(Path.Combine(_host.Folder, "run", "trajectories", "trajectories.jsonl")).ShouldContain("\"name\\\": \\\"sketch\\\"");
        (await _host.RunAsync(call)).ShouldNotBe(ExitCode.Success, "a folder made with a tool is continued without it");
    }

    [Fact]
    public async Task An_agent_is_evaluated_and_its_trajectories_are_kept()
    {
        // The scripted painter paints no shapes: everything fails, and the agent believes that it has passed.
        (await Evaluate("--agent", "scripted", "--generator", "scripted", "--out", "run")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        _host.Output.Output.ShouldContain("0.000");
        _host.Output.Output.ShouldContain("reflection");
        File.ReadAllLines(Path.Combine(_host.Folder, "run", "trajectories", "trajectories.jsonl")).Length.ShouldBe(8);
    }

    [Fact]
    public async Task Two_evaluations_are_compared()
    {
        await Evaluate("--generator", "canvas", "--out", "plain");
        await Evaluate("--generator", "canvas", "--oracle", "--out", "oracle");

        (await _host.RunAsync("eval", "compare", "plain", "oracle")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        _host.OutputLines[^1].ShouldStartWith("images that only the first passed 0, only the second ");
        _host.OutputLines[^2].ShouldEndWith("over 4 prompts");
    }

    [Theory]
    [InlineData("exclude each other", "--oracle", "--agent", "scripted")]
    [InlineData("for an agent that chooses among tools", "--tool", "sketch=canvas")]
    [InlineData("\"colour\"", "--tag", "colour")]
    [InlineData("no probability", "--generator", "canvas?drop=2")]
    public async Task Wrong_calls_end_with_code_2_and_the_reason(string reason, params string[] more)
    {
        (await Evaluate(more)).ShouldBe(ExitCode.Usage);

        _host.Screen.Output.ShouldContain(reason);
    }

    [Fact]
    public async Task A_folder_of_another_evaluation_is_left_alone()
    {
        await Evaluate("--generator", "canvas", "--out", "run");

        (await Evaluate("--generator", "canvas", "--out", "run", "--seed", "2")).ShouldBe(ExitCode.Usage);
        _host.Screen.Output.ShouldContain("other settings");
    }

    [Fact]
    public async Task A_run_that_reaches_a_limit_ends_with_code_6_and_the_next_call_does_the_rest()
    {
        string[] run = ["eval", "run", "freeform", "--generator", "canvas", "--images", "1", "--prompts-per-tag", "1", "--out", "run"];

        (await _host.RunAsync([.. run, "--max-images", "3"])).ShouldBe(ExitCode.Partial, _host.Said);
        _host.Said.ShouldContain("3 of 8 done");
        (await _host.RunAsync(run)).ShouldBe(ExitCode.Success, _host.Said);
    }

    [Fact]
    public async Task Several_evaluations_are_compared_with_the_first_and_plotted()
    {
        await Evaluate("--generator", "canvas", "--out", "a");
        await Evaluate("--generator", "canvas", "--oracle", "--out", "b");
        await Evaluate("--generator", "canvas?drop=0", "--out", "c");

        (await _host.RunAsync("eval", "compare", "a", "b", "c", "--plot", "plot.svg")).ShouldBe(ExitCode.Success, _host.Said);

        File.ReadAllText(Path.Combine(_host.Folder, "plot.svg")).ShouldContain("<svg");
        File.Exists(Path.Combine(_host.Folder, "plot.png")).ShouldBeTrue();
        File.ReadAllText(Path.Combine(_host.Folder, "plot-difference.svg")).ShouldContain("paired difference");
    }

    [Fact]
    public async Task A_benchmark_that_cannot_be_shipped_is_pulled_from_the_users_copy_and_checked_by_hash()
    {
        _host.Environment["GENAGENT_BENCHMARKS"] = Path.Combine(_host.Folder, "benchmarks");
        (await _host.RunAsync("eval", "run", "wise", "--generator", "canvas")).ShouldBe(ExitCode.Usage);
        _host.Said.ShouldContain("genagent eval pull wise");

        Directory.CreateDirectory(Path.Combine(_host.Folder, "mine"));
        _host.Write(Path.Combine("mine", "cultural_common_sense.json"), "[]");
        (await _host.RunAsync("eval", "pull", "wise", "--from", "mine")).ShouldBe(ExitCode.Storage);
        _host.Said.ShouldContain("is not the published cultural_common_sense.json");
    }

    [Fact]
    public async Task Rewriting_alone_is_one_turn_and_one_image()
    {
        (await _host.RunAsync(
            "eval",
            "run",
            "micro",
            "--rewrite",
            "--json",
            "--agent",
            "oracle",
            "--generator",
            "canvas",
            "--images",
            "1",
            "--prompts-per-tag",
            "1",
            "--tag",
            "counting",
            "--out",
            "run")).ShouldBe(
            ExitCode.Success, _host.Said);

        var trajectory = JsonDocument.Parse(
            File.ReadAllLines(Path.Combine(_host.Folder, "run", "trajectories", "trajectories.jsonl")).ShouldHaveSingleItem()).RootElement;
        trajectory.GetProperty("rounds").GetArrayLength().ShouldBe(2);
        trajectory.GetProperty("rounds")[1].GetProperty("text").GetString().ShouldBe("<answer>image 1</answer>");
        var costs = JsonDocument.Parse(_host.OutputLines[^1]).RootElement.GetProperty("report").GetProperty("costs");
        costs.GetProperty("model_calls_per_sample").GetDouble().ShouldBe(1, "the answer is given without asking the model");
        costs.GetProperty("images_per_sample").GetDouble().ShouldBe(1);
    }

    [Fact]
    public async Task A_judge_that_says_yes_to_everything_is_found_out_after_24_images()
    {
        _host.Judge = new() { Turn = (_, _) => """{"reason":"fine","score":10,"passed":true}""" };

        (await _host.RunAsync("eval", "judge-check", "--judge", "judge", "--count", "200")).ShouldBe(ExitCode.Success, _host.Said);

        _host.Output.Output.ShouldContain("24 images, 0 judgments failed");
        _host.Output.Output.ShouldContain("passes 100.0 % of wrong images");
        _host.Output.Output.ShouldContain("worth nothing");
    }

    [Fact]
    public async Task The_verifier_is_right_of_every_image_and_in_either_order()
    {
        (await _host.RunAsync("eval", "judge-check", "--judge", "verifier", "--count", "60", "--pairs", "10", "--repeats", "2"))
            .ShouldBe(ExitCode.Success, _host.Said);

        _host.Output.Output.ReplaceLineEndings(" ").ShouldContain("balanced accuracy 1.000");
        _host.Output.Output.ShouldContain("0.0 % changed when asked again");
        _host.Output.Output.ShouldContain("the order decided in 0.0 %");
    }

    [Fact]
    public async Task A_judge_that_always_prefers_the_first_image_and_changes_its_mind_is_told_by_order_bias_and_drift()
    {
        var calls = 0;
        _host.Judge = new()
        {
            Turn = (images, _) => images == 2
                ? """{"reason":"the first","better":"A"}"""
                : $$"""{"reason":"x","score":5,"passed":{{(Interlocked.Increment(ref calls) % 2 == 0 ? "true" : "false")}}}""",
        };

        (await _host.RunAsync("eval", "judge-check", "--judge", "judge", "--count", "40", "--pairs", "10", "--repeats", "2", "--jobs", "1")).ShouldBe(
            ExitCode.Success, _host.Said);

        _host.Output.Output.ShouldContain("100.0 % changed when asked again");
        _host.Output.Output.ShouldContain("the right image won 0.0 %; the order decided in 100.0 %");
    }

    [Fact]
    public async Task The_users_own_files_are_known_by_their_hash_whatever_they_are_called_and_another_is_refused_by_name()
    {
        var (one, two) = (_host.Write("a.json", "one"), _host.Write("b.json", "two"));
        string HashOf(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
        var listed = new ListedBenchmark("wise", "x", (_, _) => throw new InvalidOperationException())
        {
            Pulls = [new("first.json", new Uri("https://example.org/first.json"), HashOf("one")),
                new("second.json", new Uri("https://example.org/second.json"), HashOf("two"))],
        };

        PulledFiles.Checked(_host.Host(), listed, [two, one]).ShouldBe([one, two]);
        Should.Throw<CliException>(() => PulledFiles.Checked(_host.Host(), listed, [one, one])).Message.ShouldContain("second.json not at all");
        Should.Throw<CliException>(() => PulledFiles.Checked(_host.Host(), listed, [one])).Message.ShouldContain("has 2 files");

        (await _host.RunAsync("eval", "run", "geneval2", "--benchmark", one, "--generator", "canvas")).ShouldBe(ExitCode.Usage);
        _host.Said.ShouldContain("is none of the published files of geneval2");
        _host.Said.ShouldContain(HashOf("one"));
    }

    [Theory]
    [InlineData("prompts.jsonl", "", "holds no prompts")]
    [InlineData("prompts.jsonl", "{", "line 1")]
    [InlineData("prompts.jsonl", "{\"id\": 1}", "lacks 'prompt'")]
    [InlineData("none.jsonl", "", "none.jsonl")]
    public async Task A_file_of_prompts_that_is_none_is_a_wrong_call(string named, string content, string why)
    {
        await File.WriteAllTextAsync(Path.Combine(_host.Folder, "prompts.jsonl"), content);

        (await _host.RunAsync("eval", "run", "own", "--benchmark", named, "--generator", "canvas", "--judge", "verifier")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(why);
    }

    [Fact]
    public async Task Names_of_a_foreign_file_command_neither_a_page_nor_a_spreadsheet_nor_LaTeX()
    {
        _host.Write(
            "prompts.jsonl",
            """
            {"id": "</script><script>alert(1)</script>", "prompt": "a red circle </script><script>alert(2)</script>", "category": "=cmd|' /C calc'!A0"}
            {"id": "b", "prompt": "a blue square", "category": "<img src=x onerror=alert(3)>"}
            {"id": "c", "prompt": "a green circle", "category": "x\n\\input{/etc/passwd}"}
            """);

        (await _host.RunAsync("eval", "run", "own", "--benchmark", "prompts.jsonl", "--generator", "canvas", "--judge", "verifier", "--out", "run"))
            .ShouldBe(ExitCode.Success, _host.Said);

        string Report(string name) => File.ReadAllText(Path.Combine(_host.Folder, "run", name));
        Report("report.html").ShouldNotContain("<script>alert");
        Report("report.html").ShouldNotContain("<img src=x");
        Report("report.csv").ShouldContain(",'=cmd|");
        Report("report.csv").ShouldNotContain(",=");
        Report("report.tex").ShouldNotContain("\\input{");
        Report("report.tex").Split('\n').Length.ShouldBeLessThan(12);
    }

    [Fact]
    public async Task A_price_list_that_is_none_and_a_folder_without_an_evaluation_are_wrong_calls()
    {
        await File.WriteAllTextAsync(Path.Combine(_host.Folder, "prices.json"), "{");

        (await _host.RunAsync("eval", "rescore", "nowhere", "--prices", "prices.json")).ShouldBe(ExitCode.Usage);
        _host.Said.ShouldContain("no price list");
        (await _host.RunAsync("eval", "rescore", "nowhere")).ShouldBe(ExitCode.Usage);
        (await _host.RunAsync("eval", "compare", "nowhere", "elsewhere")).ShouldBe(ExitCode.Usage);
        _host.Said.ShouldContain("holds no evaluation");
    }

    [Fact]
    public async Task A_pulled_file_that_was_changed_afterwards_is_named_with_both_hashes()
    {
        var folder = Path.Combine(_host.Folder, "benchmarks", "geneval2");
        _host.Environment["GENAGENT_BENCHMARKS"] = Path.Combine(_host.Folder, "benchmarks");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "geneval2_data.jsonl"), "changed");

        (await _host.RunAsync("eval", "run", "geneval2", "--generator", "canvas")).ShouldBe(ExitCode.Storage);

        _host.Said.ShouldContain("geneval2_data.jsonl: its SHA-256 is");
        _host.Said.ShouldContain("not 09233adbc9f877fba205f1a20efa4a8640e7e62a91dfd55893562bed8a928e43");
        _host.Said.ShouldContain("genagent eval pull geneval2");
    }

    [Fact]
    public async Task Prices_put_the_cost_on_the_screen_and_into_the_report()
    {
        _host.Write("prices.json", """{"currency":"EUR","image":0.5}""");

        (await _host.RunAsync(
            "eval", "run", "freeform", "--generator", "canvas", "--images", "2", "--prompts-per-tag", "1", "--tag", "plain", "--prices", "prices.json",
            "--out", "run"))
            .ShouldBe(ExitCode.Success, _host.Said);

        _host.Output.Output.ReplaceLineEndings(" ").ShouldContain("1.00 EUR");
        File.ReadAllText(Path.Combine(_host.Folder, "run", "report.json")).ShouldContain("\"cost\": 1");
        File.ReadAllText(Path.Combine(_host.Folder, "run", "report.html")).ShouldContain("1.00 EUR");
    }

    [Fact]
    public async Task A_budget_of_judge_calls_ends_with_code_6_and_is_used_up()
    {
        var asked = 0;
        _host.Judge = new() { Turn = (_, _) => { Interlocked.Increment(ref asked); return """{"answers":[{"found":"a cat","yes":true}]}"""; } };
        _host.Write("own.jsonl", string.Join('\n', Enumerable.Range(1, 8).Select(i => $$"""{"prompt":"cat {{i}}","questions":["Is there a cat?"]}""")));
        string[] run = ["eval", "run", "own", "--benchmark", "own.jsonl", "--judge", "judge", "--generator", "canvas", "--images", "1", "--out", "run"];

        (await _host.RunAsync([.. run, "--max-judge-calls", "6"])).ShouldBe(ExitCode.Partial, _host.Said);
        asked.ShouldBe(4, "three tries are held ready for each question");
        (await _host.RunAsync(run)).ShouldBe(ExitCode.Success, _host.Said);
        asked.ShouldBe(8);
    }
}

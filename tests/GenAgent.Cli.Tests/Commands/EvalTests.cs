using System.Text.Json;
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
    }
}

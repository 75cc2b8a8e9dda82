using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Cli.Tests.Snapshots;

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
}

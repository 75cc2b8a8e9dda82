using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.EndToEnd;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Tests.Commands;

public sealed class DataTests : IDisposable
{
    private static readonly string[] Synth = ["data", "synth", "--generator", "canvas", "--seed", "3", "--failed-call", "0.1"];
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    private string[] Lines(string folder) =>
        [.. File.ReadAllLines(Path.Combine(_host.Folder, folder, TrajectoryFolder.FileName)).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Synthesis_filter_statistics_and_export_go_hand_in_hand()
    {
        (await _host.RunAsync([.. Synth, "--count", "60", "--out", "raw", "--json"])).ShouldBe(ExitCode.Success, _host.Said);
        (await _host.RunAsync("data", "filter", "raw", "--out", "kept", "--json")).ShouldBe(ExitCode.Success, _host.Said);
        (await _host.RunAsync("data", "stats", "kept", "--json")).ShouldBe(ExitCode.Success, _host.Said);
        (await _host.RunAsync("data", "export", "kept", "--out", "kept.json")).ShouldBe(ExitCode.Success, _host.Said);

        var lines = _host.OutputLines;
        using var made = JsonDocument.Parse(lines[0]);
        made.RootElement.GetProperty("statistics").GetProperty("trajectories").GetInt32().ShouldBe(60);
        using var filtered = JsonDocument.Parse(lines[1]);
        var report = filtered.RootElement.GetProperty("report");
        report.GetProperty("filters").EnumerateArray().Where(f => f.GetProperty("name").GetString() is "format" or "hint_leakage" or "contradiction")
            .ShouldAllBe(f => f.GetProperty("dropped").GetInt32() == 0);
        using var counted = JsonDocument.Parse(lines[2]);
        counted.RootElement.GetProperty("statistics").GetProperty("trajectories").GetInt32().ShouldBe(report.GetProperty("kept").GetInt32());
        using var exported = JsonDocument.Parse(File.ReadAllText(Path.Combine(_host.Folder, "kept.json")));
        exported.RootElement.GetArrayLength().ShouldBe(report.GetProperty("kept").GetInt32());
    }

    [Fact]
    public async Task The_teacher_knows_what_a_request_in_free_wording_means_and_why_it_is_declined()
    {
        (await _host.RunAsync(
            "data", "synth", "--generator", "canvas", "--count", "60", "--requests", "1", "--outside", "0", "--out", "free", "--json")).ShouldBe(
            ExitCode.Success, _host.Said);

        var trajectories = Lines("free").Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var declined = trajectories.Where(t => t.GetProperty("stop_reason").GetString() is "declined").ToList();
        declined.Count.ShouldBeInRange(2, 15);
        declined.Select(t => t.GetProperty("rounds")[0].GetProperty("text").GetString())
            .Distinct(StringComparer.Ordinal)
            .Count()
            .ShouldBeGreaterThan(1, "every refusal gives the same reason");
        trajectories.Select(t => t.GetProperty("task").GetProperty("category").GetString()).Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThan(4);
    }

    [Theory]
    [InlineData("--requests", "1.5")]
    [InlineData("--outside", "-0.1")]
    [InlineData("--mistaken", "2")]
    public async Task A_share_that_is_none_is_refused_by_name(string option, string value)
    {
        (await _host.RunAsync([.. Synth, "--count", "3", "--out", "none", option, value])).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(option);
        Directory.Exists(Path.Combine(_host.Folder, "none")).ShouldBeFalse();
    }

    [Fact]
    public async Task Synthesis_that_is_killed_at_random_moments_ends_with_the_same_data()
    {
        string[] arguments = [.. Synth, "--count", "120", "--jobs", "4"];
        var moments = new Random(20261125);
        var killed = 0;
        for (var ended = false; !ended && killed < 4;)
        {
            using var genagent = CliProcess.Start(_host.Folder, [.. arguments, "--out", "killed"]);
            ended = await genagent.KillAfterAsync(TimeSpan.FromMilliseconds(moments.Next(300, 1100)));
            killed += ended ? 0 : 1;
        }

        killed.ShouldBeGreaterThan(0, "nothing was killed, so nothing was shown");

        using var last = CliProcess.Start(_host.Folder, [.. arguments, "--out", "killed"]);
        (await last.WaitAsync()).ShouldBe(0, last.Errors);
        (await _host.RunAsync([.. arguments, "--out", "whole"])).ShouldBe(ExitCode.Success, _host.Said);

        Lines("killed").ShouldBe(Lines("whole"));
    }

    [Fact]
    public async Task Paintings_are_kept_and_counted()
    {
        (await _host.RunAsync("data", "paint", "--generator", "canvas", "--count", "12", "--out", "painted", "--json")).ShouldBe(ExitCode.Success, _host.Said);

        using var said = JsonDocument.Parse(_host.OutputLines.ShouldHaveSingleItem());
        said.RootElement.GetProperty("painted").GetInt32().ShouldBe(12);
        File.ReadAllLines(Path.Combine(_host.Folder, "painted", "paintings.jsonl")).Length.ShouldBe(12);
    }

    [Fact]
    public async Task A_stopped_command_that_the_same_call_resumes_says_so()
    {
        using var stop = new CancellationTokenSource();
        _host.Painter = new() { Before = (call, _) => call == 2 ? stop.CancelAsync() : Task.CompletedTask };

        (await _host.RunAsync(["data", "paint", "--generator", "scripted", "--count", "5", "--jobs", "1", "--out", "paintings"], stop.Token))
            .ShouldBe(ExitCode.Cancelled);

        _host.Said.ShouldEndWith("stopped: the same command resumes it");
    }

    [Theory]
    [InlineData("absent.txt", "absent.txt: there is no such file")]
    [InlineData(".", "is a folder")]
    [InlineData("latin.txt", "is no UTF-8 text")]
    [InlineData("table.csv", "tables are not read")]
    public async Task A_file_of_prompts_that_cannot_be_used_is_a_wrong_call(string file, string why)
    {
        File.WriteAllText(Path.Combine(_host.Folder, "latin.txt"), "a red caf\u00e9\n", System.Text.Encoding.Latin1);
        _host.Write("table.csv", "prompt,category\na red cat,x\n");

        (await _host.RunAsync("data", "synth", "--teacher", "scripted", "--generator", "canvas", "--judge", "verifier", "--prompts", file, "--out", "raw"))
            .ShouldBe(ExitCode.Usage, _host.Said);

        _host.Said.ShouldContain(why);
    }

    [Fact]
    public async Task The_oracle_takes_no_prompts_of_others()
    {
        _host.Write("prompts.txt", "a cat\n");

        (await _host.RunAsync([.. Synth, "--prompts", "prompts.txt", "--out", "raw"])).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("--teacher oracle");
    }
}

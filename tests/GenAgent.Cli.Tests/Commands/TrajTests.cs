using System.Text.Json;
using System.Text.RegularExpressions;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Models;

namespace GenAgent.Cli.Tests.Commands;

public sealed class TrajTests : IDisposable
{
    private static readonly Regex Ids = new("[0-9a-f]{8,}(-[0-9a-f]+)*", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    private readonly TestHost _host = new(width: 120);

    public void Dispose() => _host.Dispose();

    private async Task<string> MakeAsync(params string[] prompts)
    {
        using var maker = new TestHost();
        var folder = Path.Combine(_host.Folder, "run");
        maker.Input = string.Join('\n', prompts);
        maker.Painter = new() { TellsSeeds = true };
        (await maker.RunAsync("generate", "-", "--out", folder, "--jobs", "1")).ShouldBe(ExitCode.Success, maker.Screen.Output);
        return folder;
    }

    private static string WithoutIds(string text) => Ids.Replace(text, match => new string('0', match.Length));

    [Fact]
    public async Task The_list_has_each_runs_verdict_prompt_and_image()
    {
        await MakeAsync("a red cat", "a blue dog");

        var code = await _host.RunAsync("traj", "list", "run");

        Snapshot.Match(WithoutIds(_host.Transcript(code)));
    }

    [Fact]
    public async Task The_list_is_JSON_when_a_program_asks()
    {
        await MakeAsync("a red cat", "a blue dog");

        await _host.RunAsync("traj", "list", "run", "--json");

        var listed = _host.OutputLines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        listed.Select(line => line.GetProperty("prompt").GetString()).ShouldBe(["a red cat", "a blue dog"]);
        listed.ShouldAllBe(line => File.Exists(Path.Combine(_host.Folder, "run", line.GetProperty("image").GetString()!)));
    }

    [Fact]
    public async Task A_stored_run_is_shown_as_it_looked()
    {
        await MakeAsync("a red cat", "a blue dog");

        var code = await _host.RunAsync("traj", "show", "run", "--set", "Run:Images=none");

        Snapshot.Match(WithoutIds(_host.Transcript(code)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stored_run_shows_request_verdicts_error_and_image_in_a_terminal_and_in_a_pipe(bool terminal)
    {
        _host.Agent = new()
        {
            Turn = (images, _) => images switch
            {
                0 => ScriptedAgent.FirstTurn,
                1 => "<judge>The chair is green.\nverdict: fail</judge><think>Again.</think><tool_call>{\"name\": \"generate_image\", \"arguments\": "
                    + "{\"prompt\": \"a blue chair\"}}</tool_call>",
                _ => throw new BackendUnavailableException("the model's server is gone") { Status = 500 },
            },
        };
        (await _host.RunAsync("generate", "a red cat", "--out", "run")).ShouldBe(ExitCode.Backend);
        _host.Output.EmitAnsiSequences = terminal;
        _host.Output.Profile.Capabilities.Ansi = terminal;
        foreach (var command in new[] { "show", "list", "replay" })
        {
            var before = _host.Output.Output.Length;
            await _host.RunAsync("traj", command, "run", "--set", "Run:Images=none");

            var shown = Regex.Replace(_host.Output.Output[before..], @"\e\[[0-9;]*m", string.Empty, RegexOptions.NonBacktracking);
            shown.ShouldContain("a red cat", customMessage: command);
            shown.ShouldContain("not passed", customMessage: command);
            shown.ShouldContain("the model's server is gone", customMessage: command);
            shown.Split('\n')
                .ShouldContain(line => line.EndsWith(".png", StringComparison.Ordinal) && File.Exists(Path.Combine(_host.Folder, line.Trim())), command);
            if (command == "show")
            {
                shown.ShouldContain("The chair is green.");
                shown.ShouldMatch(@"verdict +fail|\[fail\]");
            }
        }
    }

    [Fact]
    public async Task A_run_is_found_by_the_beginning_of_its_id()
    {
        await MakeAsync("a red cat", "a blue dog");
        await _host.RunAsync("traj", "list", "run", "--json");
        var ids = _host.OutputLines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!).ToList();

        (await _host.RunAsync("traj", "show", "run", "--id", ids[0], "--json")).ShouldBe(ExitCode.Success);
        _host.OutputLines[^1].ShouldContain("a red cat");

        (await _host.RunAsync("traj", "show", "run", "--id", "no-such-id")).ShouldBe(ExitCode.Usage);
        (await _host.RunAsync("traj", "show", "run", "--id", "")).ShouldBe(ExitCode.Usage);
        _host.Said.ShouldContain("write more of it");
    }

    [Fact]
    public async Task Replay_makes_the_same_images_again()
    {
        await MakeAsync("a red cat");
        _host.Painter = new() { TellsSeeds = true };

        (await _host.RunAsync("traj", "replay", "run", "--out", "again")).ShouldBe(ExitCode.Success, _host.Output.Output);

        _host.OutputLines.Length.ShouldBe(5);
        _host.OutputLines[1].ShouldBe("  a red cat");
        _host.OutputLines[3..].ShouldAllBe(line => line.Contains(": same -> again"));
        Directory.EnumerateFiles(Path.Combine(_host.Folder, "again")).Count().ShouldBe(2);
    }

    [Fact]
    public async Task Replay_tells_scripts_of_images_that_came_out_different()
    {
        await MakeAsync("a red cat");
        _host.Painter = new() { TellsSeeds = true, Shift = 9 };

        (await _host.RunAsync("traj", "replay", "run", "--json")).ShouldBe(ExitCode.CheckFailed);

        var first = JsonDocument.Parse(_host.OutputLines[0]).RootElement;
        first.GetProperty("same").GetBoolean().ShouldBeFalse();
        first.GetProperty("max_difference").GetDouble().ShouldBe(9 / 255.0, 1e-9);
    }

    [Theory]
    [InlineData("data.json")]
    [InlineData("data.parquet")]
    public async Task What_is_exported_can_be_imported_with_its_images(string file)
    {
        await MakeAsync("a red cat", "a blue dog");

        (await _host.RunAsync("traj", "export", "run", "--out", Path.Combine("out", file))).ShouldBe(ExitCode.Success, _host.Screen.Output);
        _host.Said.Contains("images/ and an entry in dataset_info.json", StringComparison.Ordinal)
            .ShouldBe(file == "data.json", "what lies beside the file is told");
        (await _host.RunAsync("traj", "import", Path.Combine("out", file), "--out", "copy")).ShouldBe(ExitCode.Success, _host.Screen.Output);
        (await _host.RunAsync("traj", "import", Path.Combine("out", file), "--out", "copy")).ShouldBe(ExitCode.Success, _host.Screen.Output);
        _host.Said.ShouldContain("2 more that are there already");

        await _host.RunAsync("traj", "list", "copy", "--json");
        var listed = _host.OutputLines.Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        listed.Select(line => line.GetProperty("prompt").GetString()).ShouldBe(["a red cat", "a blue dog"]);
        listed.ShouldAllBe(
            line => line.GetProperty("images").GetInt32() == 2 && File.Exists(Path.Combine(_host.Folder, "copy", line.GetProperty("image").GetString()!)));
    }

    [Theory]
    [InlineData("traj", "list", "absent")]
    [InlineData("traj", "list")]
    [InlineData("traj", "export", "run", "--out", "data.csv")]
    [InlineData("traj", "export", "run", "--format", "sharegpt", "--out", "folder/")]
    [InlineData("traj", "import", "absent.json", "--out", "run")]
    public async Task What_cannot_be_found_is_named(params string[] arguments)
    {
        (await _host.RunAsync(arguments)).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("error:");
    }

    [Theory]
    [InlineData("empty.json", "")]
    [InlineData("empty.json", "[]")]
    [InlineData("blank.jsonl", "\uFEFF\n\n")]
    public async Task A_file_to_import_that_holds_nothing_is_a_wrong_call(string name, string content)
    {
        _host.Write(name, content);

        (await _host.RunAsync("traj", "import", name, "--out", "imported")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain($"{name} holds no trajectory");
    }

    [Theory]
    [InlineData("run/trajectories.jsonl")]
    [InlineData("run/../run/trajectories.jsonl")]
    public async Task An_export_does_not_take_the_place_of_what_it_exports(string file)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(await MakeAsync("a red cat"), "trajectories.jsonl"));

        (await _host.RunAsync("traj", "export", "run", "--out", file)).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("name another");
        (await File.ReadAllLinesAsync(Path.Combine(_host.Folder, "run", "trajectories.jsonl"))).ShouldBe(lines);
    }

    [Fact]
    public async Task A_file_to_import_that_is_wrong_is_a_wrong_call_that_names_record_and_reason()
    {
        _host.Write("all.json", """[{"conversations": [{"from": "human", "value": "<image>Who?"}, {"from": "gpt", "value": "A cat."}], "images": ["img/gone.png"]}]""");

        (await _host.RunAsync("traj", "import", "all.json", "--out", "run")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("all.json, record 1: There is no image \"img/gone.png\"");
    }

    [Fact]
    public async Task A_damaged_line_does_not_hide_the_others()
    {
        var folder = await MakeAsync("a red cat", "a blue dog");
        var file = Path.Combine(folder, "trajectories.jsonl");
        var lines = File.ReadAllLines(file);
        File.WriteAllLines(file, [lines[0], "{ damaged", lines[1]]);

        (await _host.RunAsync("traj", "list", "run", "--json")).ShouldBe(ExitCode.Success);

        _host.OutputLines.Length.ShouldBe(2);
        _host.Said.ShouldContain("line 2");
    }
}

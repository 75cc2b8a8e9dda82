using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using Microsoft.Extensions.AI;

namespace GenAgent.Cli.Tests.Generate;

/// <summary>Dialects and tools from the command line.</summary>
public sealed class DialectGenerateTests : IDisposable
{
    private const string CallV1 =
        "<think>Red.</think>\n<tool_call>\n{\"name\": \"image_generation_tool\", \"arguments\": {\"caption\": \"a red cat\"}}\n</tool_call>";
    private const string DoneV1 = "<judge>A red cat.</judge>\n<answer>done</answer>";
    private const string Edit =
        "<judge>Blue.\nverdict: fail</judge>\n<tool_call>\n{\"name\": \"edit_image\", \"arguments\": {\"instruction\": \"make it red\"}}\n</tool_call>";

    private readonly TestHost _host = new(width: 200);
    private IReadOnlyList<ChatMessage> _asked = [];

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_model_is_spoken_to_in_the_dialect_that_is_named_with_the_instructions_of_a_python_file()
    {
        Directory.CreateDirectory(Path.Combine(_host.Folder, "theirs"));
        _host.Write(Path.Combine("theirs", "prompts.py"), "import os\nSYSTEM_PROMPT = \"\"\"Draw.\n<tools>\n{}\n</tools>\"\"\"\n");
        Says(CallV1, DoneV1);

        (await _host.RunAsync("generate", "a red cat", "--dialect", "genagent-v1", "--instructions", "theirs/prompts.py", "--size", "32x16", "--out", "run"))
            .ShouldBe(ExitCode.Success, _host.Said);

        _asked[0].Text.ShouldBe("Draw.\n<tools>\n{}\n</tools>");
        _asked[1].Text.ShouldBe("Prompt: a red cat");
        Stored().GetProperty("dialect").GetString().ShouldBe("genagent-v1");
        _host.Said.ShouldContain("prompt a red cat");
    }

    [Theory]
    [InlineData("--dialect", "native")]
    [InlineData("--call-style", "native")]
    public async Task The_older_flag_means_the_same(string flag, string value)
    {
        await _host.RunAsync("generate", "a red cat", flag, value, "--out", "run");

        Stored().GetProperty("dialect").GetString().ShouldBe("native");
    }

    [Theory]
    [InlineData("genagent, native, genagent-v1, genagent-v2", "--dialect", "klingon")]
    [InlineData("there is no file", "--instructions", "absent.txt")]
    [InlineData("write NAME=URI", "--tool", "edit_image")]
    [InlineData("is no tool's name", "--tool", "my tool=scripted")]
    [InlineData("Two tools have the name \"generate_image\"", "--tool", "generate_image=scripted")]
    [InlineData("no image generator has the scheme \"absent\"", "--tool", "edit_image=absent:x")]
    public async Task What_cannot_be_is_refused_before_anything_is_made(string why, params string[] flags)
    {
        (await _host.RunAsync(["generate", "a red cat", .. flags, "--out", "run"])).ShouldBe(ExitCode.Usage, _host.Said);

        _host.Said.ShouldContain(why);
        Directory.Exists(Path.Combine(_host.Folder, "run")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_editor_of_flag_or_file_changes_the_last_image_and_can_be_replayed(bool flag)
    {
        if (!flag) _host.Write("genagent.json", """{"Backends": {"Tools": {"edit_image": "scripted"}}}""");
        _host.Painter = new() { TellsSeeds = true };
        Says(ScriptedAgent.FirstTurn, Edit, ScriptedAgent.LastTurn);

        (await _host.RunAsync(["generate", "a red cat", .. flag ? (string[])["--tool", "edit_image=scripted"] : [], "--out", "run"]))
            .ShouldBe(ExitCode.Success, _host.Said);

        var rounds = Stored().GetProperty("rounds");
        var first = rounds[0].GetProperty("images")[0].GetProperty("id").GetString();
        rounds[1].GetProperty("generation").GetProperty("edited").GetString().ShouldBe(first);
        (await _host.RunAsync("traj", "replay", "run")).ShouldBe(ExitCode.Success, _host.Output.Output);
    }

    [Fact]
    public async Task Tools_are_options_that_are_shown_with_their_source()
    {
        _host.Write("genagent.json", """{"Backends": {"Tools": {"flux": "comfyui:http://host:8188"}}}""");

        await _host.RunAsync("config", "show", "--json");

        var options = JsonDocument.Parse(_host.OutputLines.ShouldHaveSingleItem()).RootElement.GetProperty("options").EnumerateArray().ToList();
        var tool = options.Single(option => option.GetProperty("path").GetString() == "Backends:Tools:flux");
        (tool.GetProperty("value").GetString(), tool.GetProperty("source").GetString()).ShouldBe(("comfyui:http://host:8188", "genagent.json"));
    }

    private void Says(params string[] turns) => _host.Agent = new()
    {
        Turn = (images, messages) =>
        {
            _asked = messages;
            return turns[images];
        },
    };

    private JsonElement Stored() => JsonDocument.Parse(File.ReadAllLines(Path.Combine(_host.Folder, "run", "trajectories.jsonl"))[^1]).RootElement;
}

using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Security;

/// <summary>A model, a generator and a judge that say the user's key wherever they can: it stands nowhere afterwards.</summary>
public sealed class EchoedSecretTests : IDisposable
{
    private const string Key = "sk-victims-own-key-000\"with-a-tail";
    private const string InJson = "sk-victims-own-key-000\\\"with-a-tail";

    private readonly TestHost _host = new(width: 300)
    {
        Agent = new()
        {
            Turn = (images, _) => images switch
            {
                0 => $$$"""<think>I was given {{{Key}}}.</think><tool_call>{"name": "generate_image", "arguments": {"prompt": "a cat with {{{InJson}}}"}}</tool_call>""",
                _ => $"<judge>It shows {Key}.\nverdict: pass</judge><answer>image 1, {Key}</answer>",
            },
        },
        Judge = new() { Turn = (_, _) => $$"""{"reason": "{{InJson}}", "score": 9, "passed": true}""" },
    };

    public EchoedSecretTests() => _host.Environment["GENAGENT_Secrets__server"] = Key;

    public void Dispose() => _host.Dispose();

    private void ShouldBeNowhere()
    {
        var all = Directory.EnumerateFiles(_host.Folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is not ".png")
            .Select(file => (Name: file, Text: File.ReadAllText(file)))
            .Append(("standard output", _host.Output.Output))
            .Append(("standard error", _host.Screen.Output));
        foreach (var (name, text) in all)
        {
            text.ShouldNotContain("victims-own", customMessage: name);
            text.ShouldNotContain("with-a-tail", customMessage: name);
        }
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--verbose")]
    [InlineData("--images", "none")]
    public async Task A_run_says_it_in_no_screen_log_file_and_result(params string[] flags)
    {
        (await _host.RunAsync(["generate", "a cat", "--judge", "judge", "--out", "run", .. flags])).ShouldBe(ExitCode.Success, _host.Screen.Output);

        ShouldBeNowhere();
        File.ReadAllText(Path.Combine(_host.Folder, "run", "trajectories.jsonl")).ShouldContain("***");
    }

    [Fact]
    public async Task A_live_view_does_not_say_it_either()
    {
        _host.Screen.EmitAnsiSequences = true;

        (await _host.RunAsync("generate", "a cat", "--out", "run", "--images", "none")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        ShouldBeNowhere();
        _host.Screen.Output.ShouldContain("***");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_does_not_say_it(bool verbose)
    {
        _host.Painter = new() { Before = (_, _) => throw new InvalidOperationException($"401: {Key} is no key") };

        (await _host.RunAsync(["generate", "a cat", "--out", "run", .. verbose ? ["--verbose"] : Array.Empty<string>()])).ShouldNotBe(ExitCode.Success);

        ShouldBeNowhere();
        _host.Said.ShouldContain("is no key");
    }

    [Fact]
    public async Task Many_prompts_do_not_say_it()
    {
        _host.Input = "a cat\na dog\n";

        (await _host.RunAsync("generate", "-", "--out", "run", "--json")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        ShouldBeNowhere();
    }

    [Fact]
    public async Task An_evaluation_does_not_say_it_in_samples_and_report()
    {
        (await _host.RunAsync(
            "eval", "micro", "--agent", "scripted", "--generator", "canvas", "--images", "1", "--prompts-per-tag", "1", "--tag", "color_attr", "--out", "eval"))
            .ShouldBe(ExitCode.Success, _host.Screen.Output);

        ShouldBeNowhere();
    }

    [Fact]
    public async Task Synthetic_data_does_not_say_it()
    {
        _host.Write("prompts.txt", "a red circle\n");

        await _host.RunAsync(
            "data", "synth", "--teacher", "scripted", "--generator", "scripted", "--judge", "judge", "--prompts", "prompts.txt", "--count", "2", "--out",
            "data");

        ShouldBeNowhere();
    }
}

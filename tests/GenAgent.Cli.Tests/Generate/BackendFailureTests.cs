using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Models;

namespace GenAgent.Cli.Tests.Generate;

/// <summary>A model or a generator that is down, refuses the key or gives up half-way: the exit code and the words say so.</summary>
public sealed class BackendFailureTests : IDisposable
{
    private const string Reason = "image input is not supported - hint: you may need to provide the mmproj";

    private readonly TestHost _host = new(width: 300);

    public void Dispose() => _host.Dispose();

    private void RefuseLater() => _host.Agent = new()
    {
        Turn = (images, _) => images == 0 ? ScriptedAgent.FirstTurn : throw new BackendUnavailableException(Reason) { Status = 500 },
    };

    [Fact]
    public async Task A_refusal_in_a_later_turn_is_shown_and_ends_with_another_code_than_success()
    {
        RefuseLater();

        (await _host.RunAsync("generate", "a red cat", "--out", "run")).ShouldBe(ExitCode.Backend);

        _host.Said.ShouldContain(Reason);
        File.Exists(Path.Combine(_host.Folder, _host.OutputLines.ShouldHaveSingleItem())).ShouldBeTrue("the image until then is kept");
    }

    [Fact]
    public async Task A_terminal_shows_it_too()
    {
        RefuseLater();
        _host.Screen.EmitAnsiSequences = true;

        (await _host.RunAsync("generate", "a red cat", "--out", "run", "--images", "none")).ShouldBe(ExitCode.Backend);

        // Colours and line ends may stand between the words.
        System.Text.RegularExpressions.Regex.Replace(
            _host.Said, @"(\e\[[0-9;]*m|\s)+", " ", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            .ShouldContain("image input is not");
    }

    [Fact]
    public async Task JSON_says_that_the_run_is_incomplete_and_why()
    {
        RefuseLater();

        (await _host.RunAsync("generate", "a red cat", "--out", "run", "--json")).ShouldBe(ExitCode.Backend);

        var result = JsonDocument.Parse(_host.OutputLines.Single()).RootElement;
        result.GetProperty("status").GetString().ShouldBe("incomplete");
        result.GetProperty("error").GetString()!.ShouldContain(Reason);
    }

    [Fact]
    public async Task Many_prompts_that_ended_so_are_no_success_and_are_done_again()
    {
        RefuseLater();
        _host.Input = "a red cat\na blue dog\n";
        (await _host.RunAsync("generate", "-", "--out", "run")).ShouldBe(ExitCode.Backend);
        _host.Said.ShouldContain("incomplete: " + Reason);

        _host.Agent = new();
        _host.Input = "a red cat\na blue dog\n";
        (await _host.RunAsync("generate", "-", "--out", "run")).ShouldBe(ExitCode.Success, _host.Screen.Output);
        _host.Agent.Calls.ShouldBe(6);
    }

    [Theory]
    [InlineData("comfyui:http://127.0.0.1:9")]
    [InlineData("openai:m@http://127.0.0.1:9/v1")]
    [InlineData("a1111:http://127.0.0.1:9")]
    public async Task A_generator_that_is_down_ends_the_run_after_one_turn(string generator)
    {
        (await _host.RunAsync("generate", "a red cat", "--generator", generator, "--out", "run", "--set", "Http:MaxRetries=0")).ShouldBe(ExitCode.Backend);

        _host.Said.ShouldContain("nothing listens at http://127.0.0.1:9");
        _host.Agent.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Many_prompts_with_a_generator_that_is_down_end_with_the_same_code()
    {
        _host.Input = "a red cat\na blue dog\n";

        (await _host.RunAsync("generate", "-", "--generator", "comfyui:http://127.0.0.1:9", "--out", "run", "--set", "Http:MaxRetries=0"))
            .ShouldBe(ExitCode.Backend);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_refused_key_or_a_model_that_is_not_there_is_not_told_to_the_agent_as_something_to_say_otherwise(int status)
    {
        _host.Painter = new()
        {
            Before = (_, _) =>
                throw (status == 404
                ? new BackendRejectedException("no such model") { Status = status }
                : new BackendAuthenticationException("the key is refused") { Status = status }),
        };

        (await _host.RunAsync("generate", "a red cat", "--out", "run")).ShouldBe(ExitCode.Backend);

        _host.Agent.Calls.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"last_node_id": 9, "nodes": [{"id": 7, "type": "CLIPTextEncode"}], "links": []}""", "Export (API)")]
    [InlineData("""{"1": {"class_type": "KSampler", "inputs": {}}}""", "{{prompt}}")]
    [InlineData("""{"1": {"class_type": "KSampler", "inputs": {"text": "{{prompt}} {{nonsense}}"}}}""", "nonsense")]
    [InlineData("{", "is no JSON")]
    [InlineData("""{"1": {"class_type": "LoadImage", "inputs": {"image": "{{image}}", "text": "{{prompt}}"}}}""", "asks for an input image")]
    public async Task A_workflow_that_is_wrong_is_a_wrong_file_of_the_users(string workflow, string reason)
    {
        _host.Write("workflow.json", workflow);

        (await _host.RunAsync("generate", "a red cat", "--generator", "comfyui:http://127.0.0.1:9?workflow=workflow.json", "--out", "run"))
            .ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(reason);
        _host.Agent.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_workflow_without_a_seed_is_warned_about_without_being_asked()
    {
        _host.Write("workflow.json", """{"1": {"class_type": "KSampler", "inputs": {"text": "{{prompt}}"}}}""");

        await _host.RunAsync(
            "generate", "a red cat", "--generator", "comfyui:http://127.0.0.1:9?workflow=workflow.json", "--out", "run", "--set", "Http:MaxRetries=0");

        _host.Said.ShouldContain("warning: Workflow workflow.json has no \"{{seed}}\"");
    }

    [Fact]
    public async Task A_field_to_leave_out_that_no_request_has_is_refused()
    {
        (await _host.RunAsync("generate", "a red cat", "--agent", "openai:m@http://127.0.0.1:9/v1?without=seeds", "--out", "run")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("\"without\" names \"seeds\"");
    }
}

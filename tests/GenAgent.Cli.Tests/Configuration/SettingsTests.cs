using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Configuration;

public sealed class SettingsTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    private async Task<(string? Value, string Source)> ShowAsync(string path, params string[] arguments)
    {
        (await _host.RunAsync(["config", "show", "--json", .. arguments])).ShouldBe(ExitCode.Success, _host.Screen.Output);
        using var shown = System.Text.Json.JsonDocument.Parse(_host.OutputLines[^1]);
        var option = shown.RootElement.GetProperty("options").EnumerateArray().Single(one => one.GetProperty("path").GetString() == path);
        return (option.GetProperty("value").GetString(), option.GetProperty("source").GetString()!);
    }

    [Theory]
    [InlineData("""{"Backends": {"Generator": {"a": null}}}""", "Backends:Generator")]
    [InlineData("""{"Agent": {"Instructions": ["x", "y"]}}""", "Agent:Instructions")]
    [InlineData("""{"Agent": {"MaxRounds": {"x": {"y": 1}}}}""", "Agent:MaxRounds")]
    [InlineData("""{"Agent": 5}""", "Agent (")]
    [InlineData("""{"Agent": {"Faults": "none"}}""", "Agent:Faults (")]
    public async Task A_value_where_a_group_belongs_and_a_group_where_a_value_belongs_are_named(string json, string option)
    {
        _host.Write("genagent.json", json);

        (await _host.RunAsync("config", "show")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(option);
        _host.Said.ShouldContain("genagent.json");
    }

    [Fact]
    public async Task Each_source_wins_over_the_one_before_and_is_named()
    {
        (await ShowAsync("Agent:MaxRounds")).ShouldBe((null, "default"));

        _host.Write("genagent.json", """{ "Agent": { "MaxRounds": 5 } }""");
        (await ShowAsync("Agent:MaxRounds")).ShouldBe(("5", "genagent.json"));

        _host.Environment["GENAGENT_Agent__MaxRounds"] = "6";
        (await ShowAsync("Agent:MaxRounds")).ShouldBe(("6", "GENAGENT_Agent__MaxRounds"));

        (await ShowAsync("Agent:MaxRounds", "--set", "Agent:MaxRounds=7")).ShouldBe(("7", "--set"));
    }

    [Theory]
    [InlineData(".genagent.json")]
    [InlineData(".config/my settings/fast.json")]
    public async Task A_configuration_file_whose_name_begins_with_a_dot_is_read_as_any_other(string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_host.Folder, name))!);
        _host.Write(name, """{ "Agent": { "Steps": 4 } }""");

        (await ShowAsync("Agent:Steps", "--config", name)).ShouldBe(("4", name));
    }

    [Fact]
    public async Task A_configuration_file_that_is_a_link_to_nothing_is_a_wrong_call_that_names_it()
    {
        File.CreateSymbolicLink(Path.Combine(_host.Folder, "genagent.json"), "nowhere.json");

        (await _host.RunAsync("config", "show")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("genagent.json is a link to a file that does not exist");
    }

    [Fact]
    public async Task Another_configuration_file_takes_the_place_of_the_first()
    {
        _host.Write("genagent.json", """{ "Agent": { "MaxRounds": 5 } }""");
        _host.Write("fast.json", """{ "Agent": { "Steps": 4 } }""");

        (await ShowAsync("Agent:Steps", "--config", "fast.json")).ShouldBe(("4", "fast.json"));
        (await ShowAsync("Agent:MaxRounds", "--config", "fast.json")).ShouldBe((null, "default"));
    }

    [Theory]
    [InlineData("--set", "Agent:MaxRounds=many", "Agent:MaxRounds (--set) is \"many\", but must be a whole number from 1 to 100, or empty.")]
    [InlineData("--set", "Judging:MaxQuestions=0", "Judging:MaxQuestions (--set) is \"0\", but must be a whole number from 1 to 100.")]
    [InlineData("--set", "Judging:Temperature=3", "Judging:Temperature (--set) is \"3\", but must be a number from 0 to 2, or empty.")]
    [InlineData("--set", "Judging:Kind=guess", "Judging:Kind (--set) is \"guess\", but must be one of pointwise, checklist, pairwise.")]
    [InlineData("--set", "Agent:Rounds=1", "Agent:Rounds (flag) is no option. Known: CallStyle,")]
    [InlineData("--set", "Agnt:MaxRounds=1", "Agnt (flag) is no option. Known: Agent,")]
    [InlineData("--set", "MaxRounds", "--set MaxRounds: write PATH=VALUE")]
    [InlineData("--config", "absent.json", "--config absent.json: there is no such file.")]
    public async Task A_wrong_option_ends_the_call_with_its_path_and_what_is_allowed(string flag, string value, string message)
    {
        (await _host.RunAsync("config", "show", flag, value)).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain(message);
        _host.Output.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_typing_error_in_the_file_or_the_environment_is_not_passed_over()
    {
        _host.Environment["GENAGENT_Agent__MaxRound"] = "6";
        (await _host.RunAsync("config", "show")).ShouldBe(ExitCode.Usage);
        _host.Said.ShouldContain("Agent:MaxRound (environment) is no option");

        _host.Environment.Remove("GENAGENT_Agent__MaxRound");
        _host.Write("genagent.json", """{ "Agent": { "MaxRound": 5 } }""");
        (await _host.RunAsync("config", "show")).ShouldBe(ExitCode.Usage);
        _host.Said.ShouldContain("Agent:MaxRound (genagent.json) is no option");
    }

    [Fact]
    public async Task A_file_that_is_no_JSON_is_named_with_the_place_of_the_fault()
    {
        _host.Write("genagent.json", "{ \"Agent\": \n { nonsense } }");

        (await _host.RunAsync("config", "show")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("genagent.json");
        _host.Said.ShouldContain("line 2, column 4");
    }

    [Fact]
    public async Task Secrets_are_listed_with_their_source_and_never_shown()
    {
        _host.Environment["GENAGENT_Secrets__lab"] = "hunter22-hunter22";
        _host.Environment["OPENAI_API_KEY"] = "sk-very-secret-indeed";
        _host.Environment["AGL_KEY"] = "agl-very-secret-too";
        _host.UserSecretsFile = _host.Write("secrets.json", """{ "Secrets:home": "another-secret" }""");

        (await ShowAsync("Secrets:lab")).ShouldBe(("***", "GENAGENT_Secrets__lab"));
        (await ShowAsync("Secrets:openai")).ShouldBe(("***", "OPENAI_API_KEY"));
        (await ShowAsync("Secrets:agl")).ShouldBe(("***", "AGL_KEY"));
        (await ShowAsync("Secrets:home")).ShouldBe(("***", "user secrets"));
        await _host.RunAsync("config", "show", "--set", "Agent:StyleHint=say hunter22-hunter22");

        var everything = _host.Output.Output + _host.Screen.Output;
        everything.ShouldNotContain("hunter22");
        everything.ShouldNotContain("very-secret");
        everything.ShouldNotContain("another-secret");
    }

    [Fact]
    public async Task A_secret_that_a_model_or_a_server_lets_slip_is_blotted_out_of_errors_logs_and_trajectories()
    {
        const string Secret = "hunter22-hunter22";
        _host.Environment["GENAGENT_Secrets__lab"] = Secret;
        _host.Agent = new() { Turn = (images, _) =>
            images == 0 ? ScriptedAgent.FirstTurn.Replace("A red cat", Secret) : throw new GenAgent.Models.BackendRejectedException($"bad key {Secret}") };

        (await _host.RunAsync("generate", "a cat", "--out", "run", "--verbose", "--set", "Agent:Faults:BrokenTurns=0")).ShouldBe(ExitCode.Backend);
        _host.Agent = new() { Turn = (_, _) => throw new GenAgent.Models.BackendRejectedException($"bad key {Secret}") };
        (await _host.RunAsync("generate", "a cat", "--out", "run", "--verbose")).ShouldBe(ExitCode.Backend);

        File.ReadAllText(Path.Combine(_host.Folder, "run", "trajectories.jsonl")).ShouldNotContain(Secret);
        (_host.Screen.Output + _host.Output.Output).ShouldNotContain($"bad key {Secret}");
        _host.Said.ShouldContain("bad key ***");
    }

    [Fact]
    public async Task A_secret_that_others_can_read_is_refused()
    {
        _host.Write("genagent.json", """{ "Secrets": { "openai": "sk-in-the-open" } }""");
        (await _host.RunAsync("config", "show")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("GENAGENT_Secrets__openai");
        _host.Said.ShouldNotContain("sk-in-the-open");

        File.Delete(Path.Combine(_host.Folder, "genagent.json"));
        (await _host.RunAsync("config", "show", "--set", "Secrets:openai=sk-in-the-open")).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task All_options_with_value_and_source_stand_in_one_table()
    {
        _host.Environment["GENAGENT_Secrets__lab"] = "hunter22-hunter22";
        _host.Write("genagent.json", """{ "Agent": { "MaxRounds": 5, "Faults": { "BadImages": 0 } }, "Judging": { "Kind": "checklist" } }""");

        var code = await _host.RunAsync("config", "show", "--set", "Agent.Seed=12");

        Snapshot.Match(_host.Transcript(code));
    }
}

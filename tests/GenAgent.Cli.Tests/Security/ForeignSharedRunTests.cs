using System.Text.Json.Nodes;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Server.Work;

namespace GenAgent.Cli.Tests.Security;

/// <summary>A database of shared runs that someone else can write to: a run may say anything to a worker.</summary>
public sealed class ForeignSharedRunTests : IDisposable
{
    private const string Key = "sk-victims-own-key-000";

    private readonly TestHost _host = new(width: 200);

    public void Dispose() => _host.Dispose();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>What data synth would post, changed.</summary>
    private static JsonObject Description(Action<JsonObject> change)
    {
        var description = JsonNode.Parse(
            """
            {
              "teacher": "oracle", "prompts": null, "outside": 0, "requests": 0, "mistaken": 0,
              "options": {
                "seed": 1, "count": 5, "rounds": 2, "steps": null, "ownWordsShare": 0, "lostAttributeShare": 0, "wrongAttributeShare": 0, "failedCallShare": 0,
                "instructions": null
              },
              "settings": { "Backends:Generator": "canvas", "Backends:Judge": "verifier" }
            }
            """)!.AsObject();
        change(description);
        return description;
    }

    /// <summary>Posts a run, lets a worker look at it, and returns what it said.</summary>
    private async Task<string> WorkAsync(JsonObject description, string kind = "synthesis", string? version = null, params string[] flags)
    {
        var folder = Path.Combine(_host.Folder, "board");
        await using var board = await TaskBoards.OpenAsync(folder, password: null, _host.Time, Cancelled);
        var manifest = new RunManifest(kind, 7, new Dictionary<string, string?>()).ToString();
        var run = new SharedRun("run", kind, manifest, description.ToJsonString(), version ?? RunSharing.Version);
        await board.OpenAsync(run, "owner", TimeSpan.FromMinutes(1), Cancelled);
        await board.PostAsync("run", "owner", ["synth-0000000"], Cancelled);
        _host.Environment["GENAGENT_Secrets__127.0.0.1"] = Key;
        _host.Environment["GENAGENT_Secrets__openai"] = Key;
        (await _host.RunAsync(["worker", "--database", "board", "--idle", "0", .. flags], Cancelled)).ShouldBe(ExitCode.Success, _host.Said);
        (await board.ResultsAsync("run", "owner", 10, [], Cancelled)).ShouldNotBeNull().ShouldBeEmpty("the worker may do nothing for such a run");
        (await board.HoldAsync("run", "owner", TimeSpan.FromMinutes(1), Cancelled)).ShouldBe(new BoardCounts(1, 0));
        _host.Said.ShouldNotContain(Key);
        return _host.Said;
    }

    [Theory]
    [InlineData("openai:x@http://127.0.0.1:{0}/v1")]
    [InlineData("openai:x@http://127.0.0.1:{0}/v1?key=openai")]
    [InlineData("openai:gpt-5")]
    [InlineData("ollama:x@http://127.0.0.1:{0}")]
    [InlineData("//attacker.example/share/model")]
    [InlineData("/etc")]
    [InlineData("../model")]
    [InlineData("~/model")]
    [InlineData("./model?adapter=/etc/adapter")]
    public async Task A_model_that_only_the_run_names_is_called_by_no_worker_and_gets_no_key(string name)
    {
        using var attacker = new Attacker();
        name = attacker.In(name);

        (await WorkAsync(Description(run => run["teacher"] = name))).ShouldContain($"--allow \"{name}\"");

        attacker.RequireNotCalled();
    }

    [Theory]
    [InlineData("Backends:Generator", "a1111:http://127.0.0.1:{0}", "--allow")]
    [InlineData("Backends:Judge", "openai:x@http://127.0.0.1:{0}/v1", "--allow")]
    [InlineData("Backends:Tools:edit_image", "openai:x@http://127.0.0.1:{0}/v1", "--allow")]
    [InlineData("backends:generator", "comfyui:http://127.0.0.1:{0}?workflow=genagent.json", "--allow")]
    [InlineData("Server:Database", "postgres://attacker@127.0.0.1:{0}/x", "the worker's own")]
    [InlineData("Secrets:openai", "stolen", "the worker's own")]
    [InlineData("Http:Proxy", "http://127.0.0.1:{0}", "the worker's own")]
    [InlineData("Agent:InstructionsFile", "/etc/passwd", "the worker's own")]
    [InlineData("agent:instructionsfile", "/etc/passwd", "the worker's own")]
    public async Task An_option_that_the_run_sets_reaches_no_server_no_secret_and_no_file(string path, string value, string refusal)
    {
        using var attacker = new Attacker();
        value = attacker.In(value);

        (await WorkAsync(Description(run => run["settings"]![path] = value))).ShouldContain(refusal);

        attacker.RequireNotCalled();
    }

    [Theory]
    [InlineData("engine", "vllm:x@http://127.0.0.1:{0}", "--allow")]
    [InlineData("engine", "sglang:x@http://127.0.0.1:{0},http://127.0.0.1:{0}", "--allow")]
    [InlineData("generator", "a1111:http://127.0.0.1:{0}", "--allow")]
    [InlineData("judge", "openai:x@http://127.0.0.1:{0}/v1?key=openai", "--allow")]
    [InlineData("pairwiseJudge", "openai:x@http://127.0.0.1:{0}/v1", "--allow")]
    [InlineData("monitor", "openai:x@http://127.0.0.1:{0}/v1", "--allow")]
    [InlineData("startFrom", "/etc", "--allow")]
    [InlineData("startFrom", "models/../../other", "outside")]
    public async Task A_recipe_that_the_run_brings_reaches_no_server_and_no_folder_outside(string key, string value, string refusal)
    {
        using var attacker = new Attacker();
        value = attacker.In(value);
        var recipe = new JsonObject { ["startFrom"] = "micro", ["generator"] = "canvas" };
        recipe[key] = value;

        (await WorkAsync(new JsonObject { ["recipe"] = recipe, ["prompts"] = null }, "rollouts")).ShouldContain(refusal);

        attacker.RequireNotCalled();
    }

    [Theory]
    [InlineData("/etc/passwd", "outside")]
    [InlineData("../prompts.txt", "outside")]
    [InlineData("board/../../prompts.txt", "outside")]
    [InlineData("prompts.txt", "SHA-256")]
    [InlineData("missing.txt", "copy it to")]
    public async Task A_file_that_the_run_names_is_below_the_worker_s_folder_and_is_the_owner_s(string path, string refusal)
    {
        await File.WriteAllTextAsync(Path.Combine(_host.Folder, "prompts.txt"), "a cat", Cancelled);

        (await WorkAsync(Description(run => run["prompts"] = new JsonObject { ["path"] = path, ["sha256"] = new string('0', 64) }))).ShouldContain(refusal);
    }

    [Fact]
    public async Task A_worker_that_would_make_something_else_does_nothing_and_names_the_difference() =>
        (await WorkAsync(Description(_ => { }))).ShouldContain("seed was 7, now 1");

    [Fact]
    public async Task A_worker_of_another_version_does_nothing() =>
        (await WorkAsync(Description(_ => { }), version: "0.0.1-other")).ShouldContain("it was begun by GenAgent 0.0.1-other");

    [Fact]
    public async Task A_run_of_a_kind_that_nobody_knows_is_left_to_others() => (await WorkAsync(Description(_ => { }), "mining")).ShouldContain("\"mining\"");

    [Fact]
    public async Task A_run_that_cannot_be_read_is_left_to_others() =>
        (await WorkAsync(Description(run => run["command"] = "rm -rf /"))).ShouldContain("is left to others");

    [Fact]
    public async Task A_run_without_an_id_is_nobody_s_and_the_worker_goes_on()
    {
        await using var board = await TaskBoards.OpenAsync(Path.Combine(_host.Folder, "board"), password: null, _host.Time, Cancelled);
        await board.OpenAsync(new(string.Empty, "synthesis", "{}", "{}", RunSharing.Version), "owner", TimeSpan.FromMinutes(1), Cancelled);
        await board.PostAsync(string.Empty, "owner", ["synth-0000000"], Cancelled);

        (await WorkAsync(Description(_ => { }))).ShouldContain("seed was 7, now 1");

        (await board.LeaseAsync(string.Empty, new("other", 1), 1, TimeSpan.FromMinutes(1), Cancelled)).ShouldBe(["synth-0000000"]);
    }

    [Fact]
    public async Task The_owner_tells_workers_no_secret()
    {
        const string Secret = "a-long-secret-phrase";
        _host.Environment["GENAGENT_Secrets__openai"] = Secret;

        (await _host.RunAsync(
            "eval", "run", "micro", "--agent", "oracle", "--generator", "canvas", "--share", "board", "--set", $"Agent:StyleHint={Secret}"))
            .ShouldBe(ExitCode.Usage);

        _host.Said.ShouldNotContain(Secret);
        Directory.Exists(Path.Combine(_host.Folder, "board")).ShouldBeFalse();
    }
}

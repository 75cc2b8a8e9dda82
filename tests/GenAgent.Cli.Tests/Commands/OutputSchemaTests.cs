using System.Text.Json;
using GenAgent.Cli.Tests.Hosting;
using NJsonSchema;

namespace GenAgent.Cli.Tests.Commands;

/// <summary>What --json writes keeps to the files of docs/schemas, and says nothing that they do not describe.</summary>
public sealed class OutputSchemaTests : IDisposable
{
    private readonly TestHost _host = new() { Painter = new() { TellsSeeds = true } };

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Generate_keeps_to_its_schema_with_and_without_an_image()
    {
        _host.Judge = new() { Turn = (_, _) => """{"reason":"r","score":9,"passed":true}""" };
        await _host.RunAsync("generate", "a red cat", "--out", "run", "--json", "--judge", "judge");
        _host.Agent = new() { Turn = (images, _) => images == 0 ? "no tags at all" : "<answer>No.</answer>" };
        await _host.RunAsync("generate", "a red cat", "--out", "run", "--json");
        _host.Input = "a bell \a rings\n";
        await _host.RunAsync("generate", "-", "--out", "many", "--json");

        await CheckAsync("generate", lines: 3);
    }

    [Fact]
    public async Task Trajectories_keep_to_their_schemas_when_listed_shown_and_replayed()
    {
        await _host.RunAsync("generate", "a red cat", "--out", "run");
        var written = _host.OutputLines.Length;

        await _host.RunAsync("traj", "list", "run", "--json");
        await CheckAsync("traj-list", lines: 1, skip: written);
        await _host.RunAsync("traj", "show", "run", "--json");
        await CheckAsync("trajectory", lines: 1, skip: written + 1);
        await _host.RunAsync("traj", "replay", "run", "--json");
        await CheckAsync("replay", lines: 2, skip: written + 2);
    }

    [Fact]
    public async Task The_events_of_a_run_and_of_a_stored_one_keep_to_their_schema()
    {
        await _host.RunAsync("generate", "a red cat", "--out", "run", "--events");
        var live = _host.OutputLines;
        live[..^1].ShouldAllBe(line => line.StartsWith("{\"schema\":\"genagent.event/1\"", StringComparison.Ordinal));
        await CheckAsync("event", lines: live.Length - 1, skip: 0, take: live.Length - 1);

        await _host.RunAsync("traj", "show", "run", "--events");
        var stored = _host.OutputLines[live.Length..];
        await CheckAsync("event", lines: stored.Length, skip: live.Length);
        stored.Select(EventOf).ShouldBe(live[..^1].Select(EventOf).Where(name => name is not ("text" or "progress" or "attempt")));

        static string EventOf(string line) => JsonDocument.Parse(line).RootElement.GetProperty("event").GetString()!;
    }

    [Fact]
    public async Task The_configuration_keeps_to_its_schema()
    {
        await _host.RunAsync("config", "show", "--json");

        await CheckAsync("config", lines: 1);
    }

    [Fact]
    public async Task The_doctor_keeps_to_its_schema()
    {
        _host.Environment["PATH"] = string.Empty;
        await _host.RunAsync("doctor", "--json");

        await CheckAsync("doctor", lines: 1);
    }

    [Fact]
    public async Task Evaluations_and_their_comparison_keep_to_their_schemas()
    {
        string[] quick =
            ["eval", "micro", "--images", "1", "--prompts-per-tag", "1", "--tag", "counting", "--tag", "knowledge_time", "--generator", "canvas", "--json"];
        await _host.RunAsync([.. quick, "--out", "plain"]);
        await _host.RunAsync([.. quick, "--agent", "oracle", "--out", "agent"]);
        await CheckAsync("eval-micro", lines: 2);

        await _host.RunAsync("eval", "compare", "plain", "agent", "--json");
        await CheckAsync("eval-compare", lines: 1, skip: 2);
    }

    [Fact]
    public async Task Runs_of_benchmarks_keep_to_their_schemas()
    {
        _host.Judge = new() { Turn = (_, _) => """{"answers":[{"found":"a cat","yes":true}]}""" };
        _host.Write("own.jsonl", """{"prompt":"a red cat","questions":["Is there a cat?"]}""");
        await _host.RunAsync("eval", "run", "own", "--benchmark", "own.jsonl", "--judge", "judge", "--images", "1", "--out", "own", "--json");
        await _host.RunAsync(
            "eval", "run", "freeform", "--generator", "canvas", "--agent", "oracle", "--images", "1", "--prompts-per-tag", "1", "--out", "free", "--json");
        await _host.RunAsync("eval", "rescore", "own", "--benchmark", "own.jsonl", "--json");
        await CheckAsync("eval", lines: 3);

        await _host.RunAsync("eval", "list", "--json");
        await CheckAsync("eval-list", lines: 8, skip: 3);
        await _host.RunAsync("eval", "judge-check", "--judge", "verifier", "--count", "8", "--pairs", "2", "--repeats", "2", "--json");
        await CheckAsync("eval-judge-check", lines: 1, skip: 11);
        await _host.RunAsync(
            "eval", "properties", "--agent", "oracle", "--generators", "canvas", "--trained-with", "canvas", "--rounds", "1-2", "--seeds", "1",
                "--prompts-per-tag", "1", "--out", "properties", "--json");
        await CheckAsync("eval-properties", lines: 1, skip: 12);
        File.Exists(Path.Combine(_host.Folder, "properties", "rounds.svg")).ShouldBeTrue();
    }

    [Fact]
    public async Task Data_commands_keep_to_their_schemas()
    {
        await _host.RunAsync("data", "synth", "--generator", "canvas", "--count", "12", "--out", "raw", "--json");
        await CheckAsync("data-synth", lines: 1);
        await _host.RunAsync("data", "stats", "raw", "--json");
        await CheckAsync("data-stats", lines: 1, skip: 1);
        await _host.RunAsync("data", "filter", "raw", "--out", "kept", "--json");
        await CheckAsync("data-filter", lines: 1, skip: 2);
        await _host.RunAsync("data", "paint", "--generator", "canvas", "--count", "2", "--out", "painted", "--json");
        await CheckAsync("data-paint", lines: 1, skip: 3);
    }

    private async Task CheckAsync(string name, int lines, int skip = 0, int take = int.MaxValue)
    {
        var schema = await JsonSchema.FromFileAsync(Path.Combine(RepoFolder.Root, "docs", "schemas", $"{name}.schema.json"));
        var written = _host.OutputLines.Skip(skip).Take(take).ToList();
        written.Count.ShouldBe(lines, _host.Said);
        foreach (var line in written)
        {
            schema.Validate(line).Select(error => error.ToString()).ShouldBeEmpty(line);
            using var json = JsonDocument.Parse(line);
            json.RootElement.EnumerateObject().Select(member => member.Name).Except(schema.Properties.Keys)
                .ShouldBeEmpty("members that the schema does not describe");
        }
    }
}

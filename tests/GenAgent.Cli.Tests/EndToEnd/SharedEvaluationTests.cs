using System.Text.Json.Nodes;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>Evaluations that workers share by a folder of this machine.</summary>
public sealed class SharedEvaluationTests : IDisposable
{
    private static readonly string[] Times = ["seconds", "started_at", "model_seconds", "tool_seconds", "id", "trajectory"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_agent_that_workers_evaluate_gets_the_samples_runs_and_figures_of_a_run_by_one_process()
    {
        string[] evaluate =
            ["eval", "run", "micro", "--agent", "oracle", "--generator", "canvas", "--images", "2", "--tag", "counting", "--prompts-per-tag", "8", "--json"];

        var alone = await RunAsync([.. evaluate, "--out", "alone"]);
        var shared = await ShareAsync([.. evaluate, "--out", "shared"]);

        Lines("shared", "samples.jsonl").ShouldBe(Lines("alone", "samples.jsonl"));
        Lines("shared", "trajectories", "trajectories.jsonl").ShouldBe(Lines("alone", "trajectories", "trajectories.jsonl"));
        new SynthesizedFolder(_folder["shared/trajectories"]).Images.ShouldBe(new SynthesizedFolder(_folder["alone/trajectories"]).Images);
        Lines("shared", "samples.jsonl").Length.ShouldBe(16);
        Directory.Exists(_folder["shared/images"]).ShouldBeFalse("an agent's images lie beside its runs");
        JsonNode.Parse(shared)!["report"]!["passed"]?.ToJsonString().ShouldBe(JsonNode.Parse(alone)!["report"]!["passed"]?.ToJsonString());
    }

    [Fact]
    public async Task Images_that_a_chat_model_judges_are_kept_as_a_run_by_one_process_keeps_them()
    {
        using var judge = await FakeServer.StartAsync("judge");
        var uri = $"openai:fake-judge@{judge.Address}/v1";

        await ShareAsync(
            ["eval", "run", "geneval++", "--generator", "canvas", "--judge", uri, "--images", "1", "--prompts-per-tag", "2", "--out", "judged"], uri);

        var samples = File.ReadAllLines(_folder["judged/samples.jsonl"]).Select(line => JsonNode.Parse(line)!).ToList();
        samples.Count.ShouldBe(14);
        var places = samples.Select(sample => (string)sample["image"]!).ToList();
        places.ShouldAllBe(place => place.StartsWith("made/images/", StringComparison.Ordinal) && File.Exists(_folder[$"judged/{place}"]));
        File.ReadAllLines(_folder["judged/made/made.jsonl"]).Length.ShouldBe(14);
        samples.ShouldContain(sample => sample["replies"] != null);
    }

    /// <summary>Runs a command that leaves all work to two workers.</summary>
    private async Task<string> ShareAsync(string[] arguments, params string[] allowed)
    {
        string[] worker = ["worker", "--database", "board", "--jobs", "3", .. allowed.SelectMany(uri => new[] { "--allow", uri })];
        using var one = CliProcess.Start(_folder.Path, worker);
        using var other = CliProcess.Start(_folder.Path, worker);
        var output = await RunAsync([.. arguments, "--jobs", "0", "--share", "board"]);
        foreach (var process in new[] { one, other }) process.Signal("TERM");
        foreach (var process in new[] { one, other }) (await process.WaitAsync()).ShouldBe(0, process.Errors);
        return output;
    }

    private async Task<string> RunAsync(string[] arguments)
    {
        using var run = CliProcess.Start(_folder.Path, arguments);
        (await run.WaitAsync()).ShouldBe(0, run.Errors);
        return run.Output;
    }

    /// <summary>The lines without what no two runs have in common, in alphabetical order.</summary>
    private string[] Lines(params string[] path) =>
        [.. File.ReadAllLines(Path.Combine([_folder.Path, .. path])).Select(line => Without(JsonNode.Parse(line)!).ToJsonString())
            .Order(StringComparer.Ordinal)];

    private static JsonNode Without(JsonNode node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var time in Times) if (members[time] is JsonValue value && !IsImage(value)) members.Remove(time);
                foreach (var inner in members.Select(member => member.Value).OfType<JsonNode>().ToList()) Without(inner);
                break;
            case JsonArray items:
                foreach (var inner in items.OfType<JsonNode>().ToList()) Without(inner);
                break;
        }

        return node;
    }

    // An image's name is its content.
    private static bool IsImage(JsonValue value) => value.ToString().Length == 64;
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GenAgent.Cli.Tests.EndToEnd;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Tests.Docs;

/// <summary>examples/verl: its commands, as the page shows them, with its files, against stub servers and with tiny images.</summary>
public sealed partial class VerlExampleTests : IDisposable
{
    private static readonly string Example = Path.Combine(RepoFolder.Root, "examples", "verl");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_rollout_commands_work_the_examples_tasks_off_and_every_one_is_rewarded()
    {
        using var trainer = await FakeServer.StartAsync("trainer");
        using var judge = await FakeServer.StartAsync("chat");
        using var first = await FakeServer.StartAsync("comfyui");
        using var second = await FakeServer.StartAsync("comfyui");
        using var third = await FakeServer.StartAsync("comfyui");
        using var queue = new TrainerQueue(trainer);
        var addresses = new Dictionary<string, string>
        {
            ["http://localhost:8080"] = trainer.Address, ["http://localhost:8002"] = judge.Address, ["http://localhost:8188"] = first.Address,
            ["http://localhost:8189"] = second.Address, ["http://localhost:8190"] = third.Address,
        };
        foreach (var file in Directory.EnumerateFiles(Example)) await CopyAsync(file, addresses);

        // The trainer makes each row of the file the input of a rollout.
        JsonNode[] rows = [.. File.ReadAllLines(_folder["prompts.jsonl"]).Select(line => JsonNode.Parse(line)!)];
        rows.Length.ShouldBeGreaterThan(3);
        await queue.EnqueueAsync(rows.Select(row => new { rollout_id = (string)row["data_id"]!, input = row, config = new { timeout_seconds = 900 } }));
        var commands = DocumentedCommand.Read(_folder["README.md"], _folder.Path).Where(command => !command.IsMention).ToList();
        var rollouts = commands.Where(command => command.Words[0] is "rollout").ToList();
        rollouts.Count.ShouldBe(3, "one for each image server");
        commands.Select(command => command.Words[0]).Distinct().ShouldBe(["rollout", "view"]);

        var runners = rollouts.Select(command => CliProcess.StartIn(
            _folder.Path, $"export AGL_KEY={TrainerQueue.Key};", string.Empty,
            [
                .. command.Words, "--once", "--jobs", "2", "--set", "Rollouts:PollSeconds=0.2", "--set", "Agent:Width=64", "--set", "Agent:Height=64",
                "--set", "Agent:Steps=1",
            ])).ToList();
        foreach (var runner in runners)
        {
            (await runner.WaitAsync()).ShouldBe(0, runner.Output + runner.Errors);
            runner.Dispose();
        }

        var done = await queue.RolloutsAsync();
        done.Select(one => (string)one["rollout_id"]!).Order().ShouldBe(rows.Select(row => (string)row["data_id"]!).Order());
        done.ShouldAllBe(one => TrainerQueue.StateOf(one) == "succeeded");
        foreach (var one in done) (await queue.EventsAsync((string)one["rollout_id"]!, "reward")).ShouldHaveSingleItem()["data"]!["value"].ShouldNotBeNull();
        (await first.CallsAsync() + await second.CallsAsync() + await third.CallsAsync()).ShouldBe(2 * rows.Length);

        var kept = new List<Trajectory>();
        foreach (var folder in Directory.EnumerateDirectories(_folder["runs"]))
        {
            await foreach (var trajectory in new TrajectoryFolder(Path.Combine(folder, "rollouts")).ReadAllAsync(null, TestContext.Current.CancellationToken))
                kept.Add(trajectory);
        }

        kept.Select(one => one.Prompt).Order().ShouldBe(rows.Select(row => (string)row["prompt"]!).Order());
        kept.ShouldAllBe(one => one.Dialect == "genagent" && one.Rewards!.ContainsKey("final") && one.Task!.Category != null);
    }

    [Fact]
    public void The_page_the_configuration_and_the_trainers_file_name_the_same_things()
    {
        var (page, yaml, json) = (Text("README.md"), Text("train.yaml"), JsonNode.Parse(Text("genagent.json"))!);
        yaml.ShouldContain("agl_base_url: http://localhost:8080");
        page.ShouldContain("--server http://localhost:8080");
        yaml.ShouldContain("level: transition");
        yaml.ShouldContain($"temperature: {((double)json["Agent"]!["Temperature"]!).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)}");
        yaml.ShouldContain($"max_response_length: {(int)json["Agent"]!["MaxTurnTokens"]!}");
        foreach (Match file in MentionedFile().Matches(page)) File.Exists(Path.Combine(Example, file.Groups[1].Value)).ShouldBeTrue(file.Value);
        Text("train.py").ShouldContain("prompts.jsonl");
        page.ShouldContain(((string)json["Backends"]!["Judge"]!).Split('@')[0]["openai:".Length..]);
    }

    private static string Text(string file) => File.ReadAllText(Path.Combine(Example, file));

    private async Task CopyAsync(string file, Dictionary<string, string> addresses)
    {
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        foreach (var (from, to) in addresses) text = text.Replace(from, to, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder[Path.GetFileName(file)], text, TestContext.Current.CancellationToken);
    }

    [GeneratedRegex(@"`([a-z]+\.(?:yaml|json|jsonl|py))`")]
    private static partial Regex MentionedFile();
}

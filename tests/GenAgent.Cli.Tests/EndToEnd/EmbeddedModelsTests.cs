using System.Text.Json;
using SkiaSharp;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>The README's first command: the embedded agent and the embedded generator, as a stranger runs them.</summary>
public sealed class EmbeddedModelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string[] Paths(CliProcess genagent) => [.. genagent.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private List<JsonElement> Trajectories() =>
        [.. File.ReadAllLines(Path.Combine(_folder.Path, "run", "trajectories.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    [Fact]
    public async Task The_defaults_are_trained_models_that_think_call_see_judge_and_answer()
    {
        using var genagent = CliProcess.Start(_folder.Path, ["generate", "three red circles and a blue square", "--seed", "3", "--out", "run"]);
        (await genagent.WaitAsync()).ShouldBe(0, genagent.Errors);

        using var image = SKBitmap.Decode(Path.Combine(_folder.Path, Paths(genagent)[^1]));
        (image.Width, image.Height).ShouldBe((96, 96));
        var run = Trajectories().ShouldHaveSingleItem();
        run.GetProperty("stop_reason").GetString().ShouldBe("answered");
        run.GetProperty("model").GetProperty("uri").GetString().ShouldBe("micro");
        run.GetProperty("generator").GetProperty("uri").GetString().ShouldBe("micro");
        var rounds = run.GetProperty("rounds").EnumerateArray().ToList();
        rounds.Count.ShouldBeGreaterThanOrEqualTo(2);
        rounds[0].GetProperty("thought").GetString()!.ShouldContain("three red circle");
        rounds[0].GetProperty("text").GetString()!.ShouldContain("<tool_call>");
        rounds[^1].GetProperty("text").GetString()!.ShouldContain("verdict: pass");
        genagent.Errors.ShouldContain("round 1: thinks:");
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_run()
    {
        List<string> texts = [];
        for (var i = 0; i < 2; i++)
        {
            using var genagent = CliProcess.Start(_folder.Path, ["generate", "a green star left of a pink heart", "--seed", "8", "--out", $"run{i}"]);
            (await genagent.WaitAsync()).ShouldBe(0, genagent.Errors);
            var run = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder.Path, $"run{i}", "trajectories.jsonl"))).RootElement;
            texts.Add(string.Join('\n', run.GetProperty("rounds").EnumerateArray().Select(round => round.GetProperty("text").GetString())));
        }

        texts[0].ShouldBe(texts[1]);
    }

    [Fact]
    public async Task What_the_little_world_lacks_is_declined_with_a_way_out()
    {
        using var genagent = CliProcess.Start(
            _folder.Path, ["generate", "a giraffe with a bicycle in front of the Eiffel tower", "--seed", "1", "--out", "run"]);
        (await genagent.WaitAsync()).ShouldBe(3, genagent.Errors);

        genagent.Errors.ShouldContain("I cannot draw this: ");
        genagent.Errors.ShouldContain("--agent openai:");
        Trajectories().ShouldHaveSingleItem().GetProperty("rounds").EnumerateArray().SelectMany(round => round.GetProperty("images").EnumerateArray())
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task The_embedded_agent_is_tried_as_a_judge_and_is_far_from_worthless()
    {
        using var genagent = CliProcess.Start(_folder.Path, ["eval", "judge-check", "--agent", "micro", "--count", "48", "--json"]);
        (await genagent.WaitAsync()).ShouldBe(0, genagent.Errors);

        var report = JsonDocument.Parse(genagent.Output).RootElement.GetProperty("report");
        report.GetProperty("images").GetInt32().ShouldBe(48, "a judge that says the same of everything is asked about 24 alone");
        report.GetProperty("accuracy").GetDouble().ShouldBeInRange(0.6, 0.99);
    }
}

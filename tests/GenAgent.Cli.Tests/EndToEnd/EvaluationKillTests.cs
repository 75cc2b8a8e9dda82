using System.Text.Json;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>
/// GenEval++ by the real command line over real sockets, killed with no warning and resumed: every result is there once, and nothing is asked for twice that
/// was kept.
/// </summary>
public sealed class EvaluationKillTests : IDisposable
{
    private const int Prompts = 280;
    private const int Kills = 10;
    private const int LastKill = 250;
    private const int Jobs = 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_that_is_killed_ten_times_ends_with_every_result_once()
    {
        using var chat = await FakeServer.StartAsync("chat");
        using var images = await FakeServer.StartAsync("comfyui");
        using var judge = await FakeServer.StartAsync("judge");
        string[] arguments =
        [
            "eval", "run", "geneval++", "--agent", $"openai:fake-vl@{chat.Address}/v1", "--generator", $"comfyui:{images.Address}", "--judge",
                $"openai:fake-judge@{judge.Address}/v1",
            "--rounds", "2", "--seeds", "1", "--jobs", $"{Jobs}", "--out", "run",
        ];

        var moments = new Random(20261130);
        foreach (var goal in Enumerable.Range(0, Kills).Select(_ => moments.Next(LastKill)).Order())
        {
            using var run = CliProcess.Start(_folder.Path, arguments);
            await run.UntilAsync(() => Samples().Length >= goal);
            (await run.KillAfterAsync(TimeSpan.FromMilliseconds(moments.Next(300))))
                .ShouldBeFalse($"the run was to be killed at sample {goal}, but had ended by then. {run.Errors}");
        }

        using (var last = CliProcess.Start(_folder.Path, [.. arguments, "--json"]))
        {
            (await last.WaitAsync()).ShouldBe(0, last.Errors);
            var report = JsonDocument.Parse(last.Output).RootElement.GetProperty("report");
            report.GetProperty("done").GetInt32().ShouldBe(Prompts);
            report.GetProperty("costs").GetProperty("images_per_sample").GetDouble().ShouldBe(2);
            report.GetProperty("scores").GetProperty("official").GetProperty("overall").GetDouble().ShouldBeInRange(0.5, 0.8);
        }

        // What was kept is never asked for again: a kill can cost what was on its way, of each job a run of three turns and two images, or a question's three
        // tries.
        (await chat.CallsAsync()).ShouldBeInRange(3 * Prompts, (3 * Prompts) + (Kills * Jobs * 3));
        (await images.CallsAsync()).ShouldBeInRange(2 * Prompts, (2 * Prompts) + (Kills * Jobs * 2));
        var replies = Lines("samples.jsonl").Sum(l => l.GetProperty("replies").GetArrayLength());
        (await judge.CallsAsync()).ShouldBeInRange(replies, replies + (Kills * Jobs * 3));

        Samples().Distinct(StringComparer.Ordinal).Count().ShouldBe(Prompts);
        Samples().Length.ShouldBe(Prompts);
        var trajectories = Lines("trajectories/trajectories.jsonl").Select(l => l.GetProperty("task").GetProperty("prompt_id").GetString()!).ToList();
        trajectories.Count.ShouldBe(Prompts, "a trajectory was doubled or lost");
        trajectories.Distinct(StringComparer.Ordinal).Count().ShouldBe(Prompts);
    }

    private string[] Samples() => [.. Lines("samples.jsonl").Select(l => $"{l.GetProperty("prompt").GetString()} {l.GetProperty("index").GetInt32()}")];

    /// <summary>The whole lines so far; a line that a kill cut is none.</summary>
    private IEnumerable<JsonElement> Lines(string name)
    {
        var path = Path.Combine(_folder.Path, "run", name);
        if (!File.Exists(path)) return [];
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var text = file.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }
}

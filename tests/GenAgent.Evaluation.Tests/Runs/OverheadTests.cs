using System.Diagnostics;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Published;
using GenAgent.Evaluation.Runs;

namespace GenAgent.Evaluation.Tests.Runs;

[Collection(Alone)]
public sealed class OverheadTests : IDisposable
{
    private const string Alone = "measures processor time";

    private readonly string _folder = Directory.CreateTempSubdirectory("overhead").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_thousand_prompts_with_four_images_each_cost_little_and_the_page_stays_small()
    {
        var path = Path.Combine(_folder, "own.jsonl");
        File.WriteAllLines(path, Enumerable.Range(1, 1000).Select(i => $$"""{"id":"p{{i}}","category":"c{{i % 10}}","prompt":"prompt {{i}}","questions":["Is it there?"]}"""));
        var benchmark = OwnBenchmark.Read(path);
        using var judge = new StubJudge((_, _) => """{"answers":[{"found":"it","yes":true}]}""");
        async Task<TimeSpan> RunAsync(string name, int prompts)
        {
            var run = new EvaluationRun(
                benchmark, new StubPainter(), new() { ImagesPerPrompt = 4, PromptsPerCategory = prompts, Concurrency = 16, JudgesAttempts = false }, new ReplyJudge(judge, benchmark.Format!, "openai:stub"));
            var before = Process.GetCurrentProcess().TotalProcessorTime;
            (await run.RunAsync(Path.Combine(_folder, name))).Done.ShouldBe(prompts * 40);
            return Process.GetCurrentProcess().TotalProcessorTime - before;
        }

        await RunAsync("warm", 2);
        var spent = await RunAsync("run", 100);

        // Some .2 ms on a machine of 2026.
        (spent / 4000).ShouldBeLessThan(TimeSpan.FromMilliseconds(2));
        new FileInfo(Path.Combine(_folder, "run", "report.html")).Length.ShouldBeLessThan(64 << 10);
        new FileInfo(Path.Combine(_folder, "run", "report", "index.js")).Length.ShouldBeLessThan(4 << 20);
        GC.GetTotalMemory(forceFullCollection: true).ShouldBeLessThan(200L << 20);
    }

    /// <summary>No other test computes meanwhile.</summary>
    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class RunAlone;
}

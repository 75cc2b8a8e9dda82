using System.Diagnostics;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Published;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Tests.Runs;

[Collection(Alone)]
public sealed class OverheadTests : IDisposable
{
    private const string Alone = "measures processor time";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_thousand_prompts_with_four_images_each_cost_two_milliseconds_at_most_and_memory_stays_level()
    {
        const int Samples = 4000;
        var path = _folder["own.jsonl"];
        File.WriteAllLines(path, Enumerable.Range(1, 1000).Select(i => $$"""{"id":"p{{i}}","category":"c{{i % 10}}","prompt":"prompt {{i}}","questions":["Is it there?"]}"""));
        var benchmark = OwnBenchmark.Read(path);
        using var judge = new StubJudge((_, _) => """{"answers":[{"found":"it","yes":true}]}""");
        async Task<TimeSpan> RunAsync(string name, int prompts, IImageSystem system, IProgress<EvaluationProgress>? progress = null)
        {
            var run = new EvaluationRun(
                benchmark, system, new() { ImagesPerPrompt = 4, PromptsPerCategory = prompts, Concurrency = 16, JudgesAttempts = false },
                    new ReplyJudge(judge, benchmark.Format!, "openai:stub"));
            var before = Process.GetCurrentProcess().TotalProcessorTime;
            (await run.RunAsync(_folder[name], progress)).Done.ShouldBe(prompts * 40);
            return Process.GetCurrentProcess().TotalProcessorTime - before;
        }

        await RunAsync("warm", 2, new StubPainter());
        var spent = await RunAsync("run", 100, new StubPainter());
        var memory = new LiveMemory(Samples / 4);
        await RunAsync("large", 100, new LargePainter(), memory);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{spent.TotalMilliseconds / Samples:F2} ms a sample; live MiB at each quarter: {string.Join(", ", memory.Marks.Select(m => m >> 20))}");
        (spent / Samples).ShouldBeLessThan(TimeSpan.FromMilliseconds(2));
        new FileInfo(Path.Combine(_folder.Path, "run", "report.html")).Length.ShouldBeLessThan(64 << 10);
        new FileInfo(Path.Combine(_folder.Path, "run", "report", "index.js")).Length.ShouldBeLessThan(4 << 20);

        // Images of 3,000 samples passed in between, 47 MiB; what remains of each is its record.
        memory.Marks.Count.ShouldBe(4);
        (memory.Marks[^1] - memory.Marks[0]).ShouldBeLessThan(8L << 20);
    }

    /// <summary>Live memory at every so many samples.</summary>
    private sealed class LiveMemory(int every) : IProgress<EvaluationProgress>
    {
        public List<long> Marks { get; } = [];

        public void Report(EvaluationProgress value)
        {
            if (value.Done > 0 && value.Done % every == 0)
                Marks.Add(GC.GetTotalMemory(forceFullCollection: true));
        }
    }

    /// <summary>Images of 16 KiB, each another: a decoder ignores what follows the image's end.</summary>
    private sealed class LargePainter : IImageSystem
    {
        private const int Length = 16 << 10;
        private int _made;

        public string Name => "large";

        public Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default)
        {
            var png = new byte[Length];
            StubPainter.Png.CopyTo(png, 0);
            BitConverter.TryWriteBytes(png.AsSpan(^4), Interlocked.Increment(ref _made));
            return Task.FromResult(new SystemOutcome(task.Prompt, new DataContent(png, "image/png")));
        }
    }

    /// <summary>No other test computes meanwhile.</summary>
    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class RunAlone;
}

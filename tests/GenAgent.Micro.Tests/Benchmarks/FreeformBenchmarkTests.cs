using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Canvas;
using GenAgent.Micro.Prompts;

namespace GenAgent.Micro.Tests.Benchmarks;

public sealed class FreeformBenchmarkTests : IDisposable
{
    private static readonly CanvasOptions Faultless = new() { DropRate = 0, MergeRate = 0, RecolorRate = 0 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Write(params string[] lines)
    {
        var path = _folder["requests.jsonl"];
        File.WriteAllLines(path, lines);
        return path;
    }

    private Task<EvaluationReport> Run(FreeformBenchmark benchmark, IImageSystem system) =>
        new EvaluationRun(benchmark, system, new() { ImagesPerPrompt = 1, Concurrency = 2 }).RunAsync(Path.Combine(_folder.Path, Guid.NewGuid().ToString("N")));

    [Fact]
    public async Task A_perfect_system_draws_and_declines_all_of_the_shipped_requests()
    {
        var benchmark = FreeformBenchmark.Load();
        benchmark.Tasks.Count.ShouldBe(260);
        benchmark.Tasks.Count(t => t.MustDecline).ShouldBe(20);

        var system = new GeneratorSystem(
            "perfect", new CanvasGenerator(Faultless),
            (task, seed) => task.Constraints is { } constraints ? OracleRewriter.Rewrite(constraints, seed.Child("oracle")) : null);
        var report = await Run(benchmark, system);

        report.Summaries.Select(s => (s.Name, s.Prompts, s.Success)).ShouldBe([("all that can be shown", 240, 1.0), ("all that must be declined", 20, 1.0)]);
    }

    [Fact]
    public async Task Drawing_what_must_be_declined_is_wrong_and_so_is_declining_what_can_be_drawn()
    {
        var benchmark = FreeformBenchmark.Read(Write(
            """{"id":"a","tag":"plain","prompt":"a red circle","include":[{"class":"circle","count":1,"color":"red"}]}""",
            """{"id":"b","tag":"outside","prompt":"a cat","expect":"decline"}"""));

        var declines = await Run(benchmark, new GeneratorSystem("declines", new CanvasGenerator(Faultless), (_, _) => null));
        declines.Groups.Select(g => g.Success).ShouldBe([0.0, 1.0]);

        var draws = await Run(benchmark, new GeneratorSystem("draws", new CanvasGenerator(Faultless), (_, _) => "large red circle center white background"));
        draws.Groups.Select(g => g.Success).ShouldBe([1.0, 0.0]);
    }

    [Theory]
    [InlineData("large red circle top-left black background", 1)]
    [InlineData("large red circle center black background", 0)]
    [InlineData("small red circle top-left black background", 0)]
    [InlineData("large red circle top-left white background", 0)]
    public async Task Cells_absolute_sizes_and_backgrounds_are_read_off_the_pixels(string caption, double success)
    {
        var benchmark = FreeformBenchmark.Read(Write(
            """{"id":"a","tag":"spatial","prompt":"x","include":[{"class":"circle","count":1,"color":"red","size":"large","cells":["top-left"]}],"background":"black"}"""));

        (await Run(benchmark, new GeneratorSystem("draws", new CanvasGenerator(Faultless), (_, _) => caption))).Groups.ShouldHaveSingleItem().Success
            .ShouldBe(success);
    }

    [Theory]
    [InlineData("""{"id":"a","tag":"x","prompt":"p","include":[{"class":"cat","count":1}]}""", "no class \"cat\"")]
    [InlineData("""{"id":"a","tag":"x","prompt":"p"}""", "\"include\" is empty")]
    [InlineData("""{"id":"a","tag":"x","prompt":"p","expect":"refuse"}""", "\"expect\" is \"refuse\"")]
    [InlineData("""{"id":"a","tag":"x","prompt":"p","includes":[]}""", "includes")]
    [InlineData("{", "no free-form request")]
    public void A_wrong_line_is_named_with_what_is_wrong(string line, string reason)
    {
        var message = Should.Throw<InvalidDataException>(
            () => FreeformBenchmark.Read(Write("""{"id":"z","tag":"x","prompt":"p","expect":"decline"}""", line))).Message;
        message.ShouldContain("line 2");
        message.ShouldContain(reason);
    }
}

using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Canvas;
using GenAgent.Micro.Prompts;

namespace GenAgent.Micro.Tests.Benchmarks;

public sealed class EvaluationComparisonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<string> Evaluate(string name, bool oracle, ulong seed = 1)
    {
        var folder = _folder[name];
        var options = new EvaluationOptions { ImagesPerPrompt = 2, PromptsPerCategory = 8, Categories = ["color_attr", "counting"], Seed = seed };
        var system = new GeneratorSystem(
            name, new CanvasGenerator(), oracle ? (task, at) => OracleRewriter.Rewrite(task.Constraints!, at.Child("oracle")) : null);
        await new EvaluationRun(new MiniatureBenchmark(), system, options).RunAsync(folder);
        return folder;
    }

    [Fact]
    public async Task The_better_system_is_better_by_an_interval_and_a_test_on_the_same_seeds()
    {
        var comparison = EvaluationComparison.Of(await Evaluate("plain", oracle: false), await Evaluate("oracle", oracle: true));

        comparison.Prompts.ShouldBe(16);
        comparison.Difference.ShouldBe(comparison.SecondSuccess - comparison.FirstSuccess, 1e-12);
        comparison.Interval.Low.ShouldBeGreaterThan(0.1);
        comparison.Images.ExactP.ShouldBeLessThan(0.01);
        (comparison.First, comparison.Second).ShouldBe(("plain", "oracle"));
    }

    [Fact]
    public async Task What_cannot_be_paired_is_not_compared()
    {
        var first = await Evaluate("a", oracle: false);

        Should.Throw<ArgumentException>(() => EvaluationComparison.Of(first, Evaluate("b", oracle: false, seed: 2).GetAwaiter().GetResult())).Message
            .ShouldContain("differ");
        Should.Throw<DirectoryNotFoundException>(() => EvaluationComparison.Of(first, _folder.Path)).Message.ShouldContain("no evaluation");
    }
}

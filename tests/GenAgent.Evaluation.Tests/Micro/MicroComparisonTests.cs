using GenAgent.Evaluation.Micro;
using GenAgent.Micro.Canvas;

namespace GenAgent.Evaluation.Tests.Micro;

public sealed class MicroComparisonTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("micro-comparison").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> Evaluate(string name, bool oracle, ulong seed = 1)
    {
        var folder = Path.Combine(_folder, name);
        var options = new MicroEvaluationOptions { ImagesPerPrompt = 2, PromptsPerTag = 8, Tags = ["color_attr", "counting"], Seed = seed };
        await new MicroEvaluation(new GeneratorSystem(name, new CanvasGenerator(), oracle), options).RunAsync(folder);
        return folder;
    }

    [Fact]
    public async Task The_better_system_is_better_by_an_interval_and_a_test_on_the_same_seeds()
    {
        var comparison = MicroComparison.Of(await Evaluate("plain", oracle: false), await Evaluate("oracle", oracle: true));

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

        Should.Throw<ArgumentException>(() => MicroComparison.Of(first, Evaluate("b", oracle: false, seed: 2).GetAwaiter().GetResult())).Message.ShouldContain("differ");
        Should.Throw<DirectoryNotFoundException>(() => MicroComparison.Of(first, _folder)).Message.ShouldContain("no evaluation");
    }
}

using GenAgent.Generators;
using GenAgent.Micro.Canvas;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Tests.Perception;

public sealed class MistakenPainterTests
{
    private const string Prompt = "large red circle top-left small blue star center white background";

    // A painter that never errs by itself.
    private static readonly CanvasGenerator Exact = new(new CanvasOptions { DropRate = 0, MergeRate = 0, RecolorRate = 0 });

    [Fact]
    public async Task About_the_share_is_painted_otherwise_and_the_same_seed_errs_alike()
    {
        using var painter = new MistakenPainter(Exact, 0.5);
        var reader = new SceneReader();
        var scene = new Scene(
            CanvasColor.White,
            [
                new(ShapeClass.Circle, ShapeColor.Red, ShapeSize.Large, GridCell.TopLeft),
                new(ShapeClass.Star, ShapeColor.Blue, ShapeSize.Small, GridCell.Center)
            ]);
        var wrong = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var image = await PaintAsync(painter, Prompt, seed);
            (await PaintAsync(painter, Prompt, seed)).Data.ToArray().ShouldBe(image.Data.ToArray());
            if (!SceneVerifier.Verify(reader.Read(RgbImage.Decode(image)), scene).Passed) wrong++;
        }

        wrong.ShouldBeInRange(70, 130);
    }

    [Fact]
    public void Nothing_that_the_benchmark_asks_for_comes_of_it()
    {
        using var painter = new MistakenPainter(Exact, 1);
        string[] mistakes = [.. Enumerable.Range(0, 2000)
            .Select(seed => painter.Mistake("large red circle top-left large red circle center large red circle bottom-right white background", seed))
            .OfType<string>()];

        mistakes.Length.ShouldBeGreaterThan(1000);
        foreach (var mistake in mistakes)
        {
            var (objects, canvas) = DenseCaptionParser.Parse(mistake);
            HeldOutCombinations.OfBenchmark.Contains(
                new Scene(canvas!.Value, objects.Select(o => new SceneObject(o.Class, o.Color!.Value, o.Size!.Value, o.Cell!.Value)))).ShouldBeFalse(
                mistake);
        }
    }

    [Theory]
    [InlineData("three red circles")]
    [InlineData("large red circle top-left")]
    [InlineData("")]
    public void What_is_no_dense_caption_passes_as_it_is(string prompt)
    {
        using var painter = new MistakenPainter(Exact, 1);

        for (var seed = 0; seed < 20; seed++) painter.Mistake(prompt, seed).ShouldBeNull();
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_share_outside_its_range_is_refused(double share) => Should.Throw<ArgumentOutOfRangeException>(() => new MistakenPainter(Exact, share));

    private static async Task<DataContent> PaintAsync(MistakenPainter painter, string prompt, long seed) =>
        (await painter.GenerateAsync(new ImageGenerationRequest(prompt), new ImageGenerationOptions().WithSeed(seed))).Contents.OfType<DataContent>().Single();
}

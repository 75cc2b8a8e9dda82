using GenAgent.Judging;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Tests.Verification;

public sealed class MicroVerifierTests
{
    private static readonly PromptConstraints TwoStars = new([new("star", 2, "orange")], [new("star", 3)]);

    private static DataContent Stars(int count)
    {
        using var renderer = new SceneRenderer();
        var scene = new Scene(CanvasColor.Black, World.Cells.Take(count).Select(c => new SceneObject(ShapeClass.Star, ShapeColor.Orange, ShapeSize.Small, c)));
        return new(renderer.Render(scene).EncodePng(), "image/png");
    }

    [Fact]
    public async Task It_judges_pixels_against_constraints_with_found_and_expected()
    {
        var judge = new MicroVerifier();

        var good = (await judge.JudgeAsync(new("two orange stars", Stars(2), TwoStars))).ShouldBeOfType<Score>();
        good.Passed.ShouldBeTrue();
        good.Value.ShouldBe(1);
        good.Judge.ShouldBe("micro-verifier/2");

        var bad = (await judge.JudgeAsync(new("two orange stars", Stars(4), TwoStars))).ShouldBeOfType<Score>();
        bad.Passed.ShouldBeFalse();
        bad.Value.ShouldBe(1 / 3.0, 1e-9);
        bad.Checks[0].ShouldBe(new Check("Count of orange stars", false, "2 orange stars", "4"));
    }

    [Fact]
    public async Task What_it_cannot_judge_is_no_number()
    {
        var judge = new MicroVerifier();

        (await judge.JudgeAsync(new("two stars", Stars(2)))).ShouldBeOfType<NoScore>().Error.ShouldContain("no constraints");
        (await judge.JudgeAsync(new("two stars", new DataContent(new byte[] { 1, 2 }, "image/png"), TwoStars))).ShouldBeOfType<NoScore>().Error
            .ShouldContain("2 bytes");
        (await judge.JudgeAsync(new("a bus", Stars(2), new([new("bus", 1)])))).ShouldBeOfType<NoScore>().Error.ShouldContain("bus");
    }

    [Fact]
    public async Task Many_tasks_may_ask_at_once()
    {
        var judge = new MicroVerifier();
        var image = Stars(2);

        var judgments = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(_ => Task.Run(async () => await judge.JudgeAsync(new("two stars", image, TwoStars)))));

        judgments.ShouldAllBe(j => ((Score)j).Passed);
    }
}

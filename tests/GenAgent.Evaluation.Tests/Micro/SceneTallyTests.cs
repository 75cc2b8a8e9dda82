using GenAgent.Evaluation.Micro;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;

namespace GenAgent.Evaluation.Tests.Micro;

public sealed class SceneTallyTests
{
    private static readonly SceneObject Heart = new(ShapeClass.Heart, ShapeColor.Red, ShapeSize.Large, GridCell.Center);
    private static readonly SceneObject Ring = new(ShapeClass.Ring, ShapeColor.Blue, ShapeSize.Small, GridCell.TopLeft);

    [Fact]
    public void The_trainer_is_told_success_by_number_of_objects_and_errors_by_kind()
    {
        using var renderer = new SceneRenderer();
        var tally = new SceneTally();
        var one = new Scene(CanvasColor.White, [Heart]);
        var three = new Scene(CanvasColor.White, [Heart, Ring, Ring with { Cell = GridCell.BottomRight }]);

        tally.Add(one, renderer.Render(one)).Passed.ShouldBeTrue();
        tally.Add(one, renderer.Render(new Scene(CanvasColor.White, [Heart with { Color = ShapeColor.Green }]))).Passed.ShouldBeFalse();
        tally.Add(three, renderer.Render(new Scene(CanvasColor.White, [Heart, Ring]))).Passed.ShouldBeFalse();

        var metrics = tally.Metrics();
        metrics["success"].ShouldBe(1 / 3.0, 1e-9);
        metrics["success/1-2"].ShouldBe(0.5);
        metrics["success/3-4"].ShouldBe(0);
        metrics.ShouldNotContainKey("success/5-7");
        metrics["errors/wrongColor"].ShouldBe(1 / 3.0, 1e-9);
        metrics["errors/missing"].ShouldBe(1 / 3.0, 1e-9);
        metrics["errors/extra"].ShouldBe(0);
        tally.Images.ShouldBe(3);
    }

    [Fact]
    public void Without_images_there_are_no_figures() => new SceneTally().Metrics().ShouldBeEmpty();
}

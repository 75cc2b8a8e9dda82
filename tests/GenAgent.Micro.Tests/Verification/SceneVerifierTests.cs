using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Tests.Verification;

public sealed class SceneVerifierTests
{
    private static readonly SceneObject Heart = new(ShapeClass.Heart, ShapeColor.Pink, ShapeSize.Large, GridCell.Center);
    private static readonly SceneObject Ring = new(ShapeClass.Ring, ShapeColor.Green, ShapeSize.Small, GridCell.TopLeft);
    private static readonly Scene Asked = new(CanvasColor.White, [Heart, Ring]);

    private static Verdict Verify(params SceneObject[] found) => SceneVerifier.Verify(SceneReading.Of(new Scene(CanvasColor.White, found)), Asked);

    [Fact]
    public void The_trainer_is_told_each_error_by_kind()
    {
        Verify(Heart, Ring).Passed.ShouldBeTrue();
        Verify(Heart).Errors.ShouldBe([ErrorKind.Missing]);
        Verify(Heart, Ring with { Color = ShapeColor.Red }).Errors.ShouldBe([ErrorKind.WrongColor]);
        Verify(Heart, Ring with { Class = ShapeClass.Star }).Errors.ShouldBe([ErrorKind.WrongClass]);
        Verify(Heart, Ring with { Size = ShapeSize.Large }).Errors.ShouldBe([ErrorKind.WrongSize]);
        Verify(Heart, Ring, Ring with { Cell = GridCell.BottomLeft }).Errors.ShouldBe([ErrorKind.Doubled]);
        Verify(Heart, Ring, new SceneObject(ShapeClass.Star, ShapeColor.Red, ShapeSize.Small, GridCell.BottomLeft)).Errors.ShouldBe([ErrorKind.Extra]);
    }

    [Fact]
    public void The_share_is_of_objects_and_the_reason_names_the_place()
    {
        var verdict = Verify(Heart);

        verdict.Share.ShouldBe(2 / 3.0, 1e-9);
        verdict.Reason.ShouldBe("Object at top-left: expected small green ring, found nothing.");
    }
}

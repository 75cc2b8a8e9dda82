using GenAgent.Judging;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Tests.Verification;

public sealed class PlacedConstraintsTests
{
    private static SceneObject Put(ShapeClass kind, ShapeColor color, GridCell cell, ShapeSize size = ShapeSize.Large) => new(kind, color, size, cell);

    private static Verdict Verify(PromptConstraints constraints, params SceneObject[] objects) =>
        ConstraintVerifier.Verify(SceneReading.Of(new Scene(CanvasColor.White, objects)), constraints);

    private static Verdict Circles(ObjectConstraint asked, params GridCell[] cells) =>
        Verify(new([asked]), [.. cells.Select(cell => Put(ShapeClass.Circle, ShapeColor.Red, cell))]);

    [Fact]
    public void Cells_hold_in_any_order_and_only_when_every_one_is_filled()
    {
        var corners = new ObjectConstraint("circle", 2, "red", Cells: ["bottom-right", "top-left"]);

        Circles(corners, GridCell.TopLeft, GridCell.BottomRight).Passed.ShouldBeTrue();
        var elsewhere = Circles(corners, GridCell.TopLeft, GridCell.Center);
        elsewhere.Errors.ShouldBe([ErrorKind.WrongPlace]);
        elsewhere.Reason.ShouldBe("Place of the red circles: expected top-left, bottom-right, found top-left, center.");
        Circles(corners, GridCell.TopLeft).Errors.ShouldBe([ErrorKind.Missing]);
    }

    [Theory]
    [InlineData(GridCell.TopLeft, GridCell.TopRight, true)]
    [InlineData(GridCell.TopLeft, GridCell.MiddleLeft, false)]
    public void A_row_holds_for_every_object_of_the_group(GridCell first, GridCell second, bool holds) =>
        Circles(new("circle", 2, Rows: "top"), first, second).Passed.ShouldBe(holds);

    [Theory]
    [InlineData(GridCell.TopCenter, GridCell.BottomCenter, true)]
    [InlineData(GridCell.TopCenter, GridCell.BottomRight, false)]
    public void A_column_holds_for_every_object_of_the_group(GridCell first, GridCell second, bool holds) =>
        Circles(new("circle", 2, Columns: "center"), first, second).Passed.ShouldBe(holds);

    [Fact]
    public void A_size_of_their_own_tells_groups_of_one_class_and_colour_apart()
    {
        var asked = new PromptConstraints([new("circle", 1, "green", Size: "large"), new("circle", 2, "green", Size: "small")]);
        var (large, small) = (Put(ShapeClass.Circle, ShapeColor.Green, GridCell.TopLeft),
            Put(ShapeClass.Circle, ShapeColor.Green, GridCell.Center, ShapeSize.Small));

        Verify(asked, large, small, small with { Cell = GridCell.BottomRight }).Passed.ShouldBeTrue();
        var wrong = Verify(asked, large, small, large with { Cell = GridCell.BottomRight });
        wrong.Passed.ShouldBeFalse();
        wrong.Reason.ShouldContain("Count of large green circles: expected 1 large green circle, found 2 (and 1 small green circle).");
        Verify(new([new("circle", 1, "green", Size: "small")]), large).Errors.ShouldBe([ErrorKind.WrongSize]);
    }

    [Fact]
    public void The_background_is_checked_where_one_is_asked_for()
    {
        Verify(new([], Background: "white")).Passed.ShouldBeTrue();
        Verify(new([], Background: "black")).Errors.ShouldBe([ErrorKind.WrongBackground]);
    }

    [Fact]
    public void What_is_forbidden_fails_although_the_number_is_right()
    {
        var asked = new PromptConstraints([new("circle", 1)], [new("circle", 1, "red")]);

        Circles(asked.Include[0], GridCell.Center).Passed.ShouldBeTrue();
        Verify(asked, Put(ShapeClass.Circle, ShapeColor.Red, GridCell.Center)).Errors.ShouldBe([ErrorKind.Forbidden]);
        Verify(asked, Put(ShapeClass.Circle, ShapeColor.Blue, GridCell.Center)).Passed.ShouldBeTrue();
    }

    [Theory]
    [InlineData("middle", "no cell \"middle\"")]
    [InlineData("center", "no 2 objects in 1 cells (center)")]
    public void Cells_that_this_world_does_not_have_are_named(string cell, string message) =>
        Should.Throw<ArgumentException>(() => Verify(new([new("circle", 2, Cells: [cell])]))).Message.ShouldContain(message);
}

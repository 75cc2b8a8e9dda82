using GenAgent.Judging;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Tests.Verification;

public sealed class ConstraintVerifierTests
{
    private static SceneObject Put(ShapeClass kind, ShapeColor color, GridCell cell, ShapeSize size = ShapeSize.Large) => new(kind, color, size, cell);

    private static Verdict Verify(PromptConstraints constraints, params SceneObject[] objects) =>
        ConstraintVerifier.Verify(SceneReading.Of(new Scene(CanvasColor.White, objects)), constraints);

    private static Verdict VerifyUnclear(PromptConstraints constraints, SceneObject clear, SceneObject unclear)
    {
        var reading = SceneReading.Of(new Scene(CanvasColor.White, [clear, unclear]));
        return ConstraintVerifier.Verify(
            reading with { Objects = [.. reading.Objects.Select(o => o.Cell == unclear.Cell ? o with { ClassDoubt = "half-made", Confidence = 0.2f } : o)] },
            constraints);
    }

    [Fact]
    public void What_was_asked_for_passes()
    {
        var verdict = Verify(
            new([new("circle", 2, "red"), new("star", 1)]),
            Put(ShapeClass.Circle, ShapeColor.Red, GridCell.TopLeft), Put(ShapeClass.Circle, ShapeColor.Red, GridCell.Center),
            Put(ShapeClass.Star, ShapeColor.Pink, GridCell.TopRight));

        verdict.Passed.ShouldBeTrue();
        verdict.Share.ShouldBe(1);
        verdict.Errors.ShouldBeEmpty();
        verdict.Reason.ShouldBe("Everything that was asked for is there, and nothing else.");
    }

    [Fact]
    public void Each_error_is_named_for_what_it_is_and_said_in_words()
    {
        var circle = new PromptConstraints([new("circle", 1, "red")]);
        var red = Put(ShapeClass.Circle, ShapeColor.Red, GridCell.TopLeft);

        Verify(circle).Errors.ShouldBe([ErrorKind.Missing]);
        Verify(circle, red, red with { Cell = GridCell.Center }).Errors.ShouldBe([ErrorKind.Doubled]);
        Verify(circle, red with { Color = ShapeColor.Blue }).Errors.ShouldBe([ErrorKind.WrongColor]);
        Verify(circle, red with { Class = ShapeClass.Heart }).Errors.ShouldBe([ErrorKind.WrongClass]);
        Verify(circle, red, Put(ShapeClass.Heart, ShapeColor.Green, GridCell.Center)).Errors.ShouldBe([ErrorKind.Extra]);
        VerifyUnclear(circle, red, Put(ShapeClass.Heart, ShapeColor.Green, GridCell.Center)).Errors.ShouldBe([ErrorKind.Unclear]);
        VerifyUnclear(circle, Put(ShapeClass.Heart, ShapeColor.Green, GridCell.Center), red).Errors
            .ShouldBe([ErrorKind.Unclear, ErrorKind.Extra], ignoreOrder: true);

        Verify(circle, red with { Color = ShapeColor.Blue }).Reason.ShouldBe(
            "Count of red circles: expected 1 red circle, found 0 (and 1 blue circle). Anything else: expected nothing, found a blue circle at top-left.");
    }

    [Fact]
    public void A_doubtful_colour_matters_only_where_a_colour_is_asked_for()
    {
        var reading = SceneReading.Of(new Scene(CanvasColor.White, [Put(ShapeClass.Star, ShapeColor.Red, GridCell.TopLeft)]));
        reading = reading with { Objects = [reading.Objects[0] with { ColorDoubt = "between red and brown", Confidence = 0.3f }] };

        ConstraintVerifier.Verify(reading, new([new("star", 1)])).Passed.ShouldBeTrue();
        var verdict = ConstraintVerifier.Verify(reading, new([new("star", 1, "red")]));
        verdict.Passed.ShouldBeFalse();
        verdict.Errors.ShouldBe([ErrorKind.Unclear]);
        ConstraintVerifier.Verify(reading, new([new("circle", 1)])).Errors.ShouldBe([ErrorKind.Unclear]);
    }

    [Fact]
    public void The_share_counts_the_constraints_that_hold()
    {
        // Three checks: circles, stars, nothing else.
        var verdict = Verify(
            new([new("circle", 2, "red"), new("star", 1)]),
            Put(ShapeClass.Circle, ShapeColor.Red, GridCell.TopLeft),
            Put(ShapeClass.Star, ShapeColor.Pink, GridCell.Center));

        verdict.Share.ShouldBe(2 / 3.0, 1e-9);
        verdict.Passed.ShouldBeFalse();
    }

    [Theory]
    [InlineData("left", "right", GridCell.TopLeft, GridCell.BottomRight, true)]
    [InlineData("left", "right", GridCell.TopCenter, GridCell.BottomCenter, false)]
    [InlineData("left", "right", GridCell.TopRight, GridCell.TopLeft, false)]
    [InlineData("right", "left", GridCell.TopRight, GridCell.TopLeft, true)]
    [InlineData("above", "below", GridCell.TopRight, GridCell.MiddleLeft, true)]
    [InlineData("above", "below", GridCell.TopRight, GridCell.TopLeft, false)]
    [InlineData("below", "above", GridCell.BottomLeft, GridCell.TopLeft, true)]
    public void Arrangements_are_seen_from_the_other_group(string first, string second, GridCell firstAt, GridCell secondAt, bool holds)
    {
        var verdict = Verify(
            new([new("circle", 1, Region: first), new("heart", 1, Region: second)]),
            Put(ShapeClass.Circle, ShapeColor.Red, firstAt), Put(ShapeClass.Heart, ShapeColor.Red, secondAt));

        verdict.Passed.ShouldBe(holds);
        verdict.Errors.ShouldBe(holds ? [] : [ErrorKind.WrongPlace]);
        verdict.Checks.Count.ShouldBe(4);
    }

    [Fact]
    public void One_stray_object_breaks_an_arrangement_of_groups()
    {
        var constraints = new PromptConstraints([new("ring", 2, Region: "above"), new("cross", 2, Region: "below")]);
        SceneObject[] good =
        [
            Put(ShapeClass.Ring, ShapeColor.Red, GridCell.TopLeft), Put(ShapeClass.Ring, ShapeColor.Blue, GridCell.TopRight),
            Put(ShapeClass.Cross, ShapeColor.Red, GridCell.Center), Put(ShapeClass.Cross, ShapeColor.Blue, GridCell.BottomRight),
        ];

        Verify(constraints, good).Passed.ShouldBeTrue();
        var verdict = Verify(constraints, [.. good[..3], good[3] with { Cell = GridCell.TopCenter }]);
        verdict.Errors.ShouldBe([ErrorKind.WrongPlace]);
        verdict.Reason.ShouldContain("expected above the crosses, found another arrangement");
    }

    [Fact]
    public void A_group_alone_is_placed_against_the_middle_of_the_picture()
    {
        var left = new PromptConstraints([new("star", 1, Region: "left")]);

        Verify(left, Put(ShapeClass.Star, ShapeColor.Red, GridCell.MiddleLeft)).Passed.ShouldBeTrue();
        Verify(left, Put(ShapeClass.Star, ShapeColor.Red, GridCell.Center)).Passed.ShouldBeFalse();
    }

    [Theory]
    [InlineData(ShapeSize.Large, ShapeSize.Small, true)]
    [InlineData(ShapeSize.Small, ShapeSize.Large, false)]
    [InlineData(ShapeSize.Large, ShapeSize.Large, false)]
    public void Sizes_are_seen_from_the_other_group(ShapeSize first, ShapeSize second, bool holds)
    {
        var verdict = Verify(
            new([new("circle", 1, Size: "larger"), new("heart", 1, Size: "smaller")]),
            Put(ShapeClass.Circle, ShapeColor.Red, GridCell.Center, first), Put(ShapeClass.Heart, ShapeColor.Red, GridCell.TopLeft, second));

        verdict.Passed.ShouldBe(holds);
        verdict.Errors.ShouldBe(holds ? [] : [ErrorKind.WrongSize]);
    }

    [Fact]
    public void What_is_excluded_must_not_be_there()
    {
        var constraints = new PromptConstraints([new("circle", 2)], [new("circle", 3)]);
        var circles = World.Cells.Take(3).Select(c => Put(ShapeClass.Circle, ShapeColor.Red, c)).ToArray();

        Verify(constraints, circles[..2]).Passed.ShouldBeTrue();
        Verify(constraints, circles).Checks.Single(c => string.Equals(c.Question, "Not 3 circles", StringComparison.Ordinal)).Passed.ShouldBeFalse();
    }

    [Theory]
    [InlineData("bus", null, null, null, "no class \"bus\"")]
    [InlineData("circle", "turquoise", null, null, "no colour \"turquoise\"")]
    [InlineData("circle", null, "behind", null, "no region \"behind\"")]
    [InlineData("circle", null, null, "tiny", "no size \"tiny\"")]
    public void Constraints_from_another_world_are_refused_by_name(string kind, string? color, string? region, string? size, string message) =>
        Should.Throw<ArgumentException>(() => Verify(new([new(kind, 1, color, region, size)]))).Message.ShouldContain(message);
}

using GenAgent.Micro.Perception;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Tests.Perception;

public sealed class CellLabelsTests
{
    private const long NotAsked = -100;

    private static long[] Of(SceneReading reading)
    {
        var labels = new long[World.Cells.Count * CellLabels.Kinds.Count];
        CellLabels.Write(reading, labels, new float[World.Cells.Count * CellLabels.Measures.Count], NotAsked);
        return labels;
    }

    private static long[] Cell(long[] labels, GridCell cell) => labels[((int)cell * 4)..(((int)cell * 4) + 4)];

    [Fact]
    public void Every_cell_says_what_stands_there_on_which_background()
    {
        var labels = Of(SceneReading.Of(new Scene(CanvasColor.Gray, [new(ShapeClass.Star, ShapeColor.Pink, ShapeSize.Small, GridCell.BottomRight)])));

        Cell(labels, GridCell.BottomRight).ShouldBe([(long)ShapeClass.Star, (long)ShapeColor.Pink, (long)ShapeSize.Small, (long)CanvasColor.Gray]);
        foreach (var cell in World.Cells.Where(c => c != GridCell.BottomRight))
            Cell(labels, cell).ShouldBe([9, NotAsked, NotAsked, (long)CanvasColor.Gray]);
    }

    [Fact]
    public void What_is_unclear_is_labelled_so_and_of_two_in_one_cell_nothing_is_asked()
    {
        var clear = SceneReading.Of(new Scene(CanvasColor.White,
            [
                new(ShapeClass.Ring, ShapeColor.Red, ShapeSize.Large, GridCell.TopLeft),
                new(ShapeClass.Ring, ShapeColor.Blue, ShapeSize.Large, GridCell.Center),
                new(ShapeClass.Heart, ShapeColor.Red, ShapeSize.Large, GridCell.TopRight)
            ]));
        var labels = Of(clear with
        {
            Objects = [clear.Objects[0] with { ClassDoubt = "half a ring" }, clear.Objects[2], clear.Objects[1] with { CenterX = 48, CenterY = 48 }],
        });

        Cell(labels, GridCell.TopLeft).ShouldBe([8, NotAsked, NotAsked, 0]);
        Cell(labels, GridCell.TopRight).ShouldBe([9, NotAsked, NotAsked, 0]);
        Cell(labels, GridCell.Center).ShouldBe([NotAsked, NotAsked, NotAsked, 0]);
        Cell(Of(clear with { Objects = [clear.Objects[2] with { ColorDoubt = "two colours" }] }), GridCell.Center)
            .ShouldBe([(long)ShapeClass.Ring, 8, (long)ShapeSize.Large, 0]);
    }

    [Fact]
    public void Doubts_are_measured_up_to_twice_the_border_where_an_image_was_read()
    {
        var clear = SceneReading.Of(new Scene(
            CanvasColor.White,
            [
                new(ShapeClass.Ring, ShapeColor.Red, ShapeSize.Large, GridCell.TopCenter),
                new(ShapeClass.Heart, ShapeColor.Red, ShapeSize.Large, GridCell.TopRight)
            ]));
        var measures = new float[World.Cells.Count * CellLabels.Measures.Count];
        CellLabels.Write(
            clear with { Objects = [clear.Objects[0] with { ClassDegree = 0.25f, ColorDegree = 7 }, clear.Objects[1]] },
            new long[World.Cells.Count * CellLabels.Kinds.Count],
            measures,
            NotAsked);

        measures[2..4].ShouldBe([0.25f, 2]);
        measures[..2].Concat(measures[4..]).ShouldAllBe(measure => float.IsNaN(measure));
    }

    [Fact]
    public void A_degree_above_one_is_a_doubt()
    {
        var source = new PerceptionSource(new PerceptionOptions { Seed = 5, DegradedShare = 1 });
        var seen = Enumerable.Range(0, 60).SelectMany(i => source.Look(i).Reading.Objects).ToList();

        seen.ShouldAllBe(o => o.ClassDegree > 1 == (o.ClassDoubt != null) && o.ColorDegree > 1 == (o.ColorDoubt != null));
        seen.Count(o => !o.IsClear).ShouldBeGreaterThan(5);
    }

    [Fact]
    public void A_mirrored_image_is_read_as_its_mirrored_reading_says()
    {
        var source = new PerceptionSource(new PerceptionOptions { Seed = 3, DegradedShare = 0 });
        var reader = new SceneReader();
        for (var i = 0; i < 40; i++)
        {
            var seen = source.Look(i);
            var mirrored = seen.Mirrored();

            var read = reader.Read(mirrored.Image);
            read.Objects.Select(o => (o.Class, o.Color, o.Size, o.Cell)).ShouldBe(mirrored.Reading.Objects.Select(o => (o.Class, o.Color, o.Size, o.Cell)));
            mirrored.Mirrored().Image.Pixels.ShouldBe(seen.Image.Pixels);
        }
    }
}

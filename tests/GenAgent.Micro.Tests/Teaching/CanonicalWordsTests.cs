using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Tests.Teaching;

public sealed class CanonicalWordsTests
{
    [Fact]
    public void A_description_numbers_each_object_among_its_like()
    {
        var reading = SceneReading.Of(new Scene(CanvasColor.White,
        [
            Centered(ShapeClass.Star, ShapeColor.Red, ShapeSize.Large, GridCell.TopLeft),
            Centered(ShapeClass.Star, ShapeColor.Blue, ShapeSize.Large, GridCell.TopCenter),
            Centered(ShapeClass.Star, ShapeColor.Red, ShapeSize.Small, GridCell.Center),
            Centered(ShapeClass.Ring, ShapeColor.Red, ShapeSize.Large, GridCell.BottomRight),
        ]));

        CanonicalWords.Of(reading)
            .ShouldBe("large red star top-left one large blue star top-center one small red star center two large red ring bottom-right one white background");
    }

    [Fact]
    public void What_is_unclear_counts_apart()
    {
        var clear = SceneReading.Of(new Scene(CanvasColor.Gray,
            [.. new[] { GridCell.TopLeft, GridCell.TopCenter, GridCell.Center, GridCell.BottomLeft }.Select(
                c => Centered(ShapeClass.Star, ShapeColor.Red, ShapeSize.Large, c))]));
        var reading = clear with
        {
            Objects =
            [
                clear.Objects[0] with { ColorDoubt = "x" },
                clear.Objects[1] with { ClassDoubt = "x" },
                clear.Objects[2],
                clear.Objects[3] with { ClassDoubt = "x" }
            ],
        };

        CanonicalWords.Of(reading)
            .ShouldBe("large unclear star top-left one unclear shape top-center one large red star center one unclear shape bottom-left two gray background");
    }

    [Fact]
    public void The_last_number_of_a_kind_is_how_many_there_are()
    {
        var sampler = new SceneSampler();
        for (var i = 0; i < 200; i++)
        {
            var scene = sampler.Sample(SeedPath.FromRoot(7).Child("scene", i));
            var words = CanonicalWords.Of(SceneReading.Of(scene)).Split(' ');
            foreach (var kind in scene.Objects.GroupBy(o => $"{o.Color} {o.Class}".ToLowerInvariant()))
            {
                var last = Enumerable.Range(2, words.Length - 3).Last(at => string.Equals($"{words[at - 1]} {words[at]}", kind.Key, StringComparison.Ordinal));
                words[last + 2].ShouldBe(CanonicalWords.Number(kind.Count()));
            }
        }
    }

    private static SceneObject Centered(ShapeClass kind, ShapeColor color, ShapeSize size, GridCell cell) => new(kind, color, size, cell);
}

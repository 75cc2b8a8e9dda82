using GenAgent.Judging;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Tests.Teaching;

public sealed class PlacedArrangementTests
{
    private static readonly SeedPath Root = SeedPath.FromRoot(12);

    private static readonly PromptConstraints[] Requests =
    [
        new(
            [new("star", 1, "red", Cells: ["center"]), new("heart", 4, "pink", Cells: ["top-left", "top-right", "bottom-left", "bottom-right"])],
            Background: "black"),
        new([new("star", 2, "red", Rows: "top"), new("heart", 3, Columns: "left"), new("ring", 1, "blue")]),
        new([new("star", 1, "red", "above"), new("heart", 2, "pink", "below"), new("ring", 1, "blue", "left"), new("cross", 1, "green", "right")]),
        new([new("circle", 1, "yellow", "above"), new("triangle", 3, "green", "below", Cells: ["bottom-left", "bottom-center", "bottom-right"])]),
        new([new("circle", 1, "green", Size: "large"), new("circle", 3, "green", Size: "small")], Background: "gray"),
        new([new("circle", 3)], [new("circle", 1, "red"), new("circle", 1, "green")]),
    ];

    [Fact]
    public void First_and_second_plans_meet_every_kind_of_demand()
    {
        foreach (var (asked, i) in Requests.SelectMany(asked => Enumerable.Range(0, 40).Select(i => (asked, i))))
        {
            var first = ScenePlanner.First(asked, Root.Child("first", i));
            ConstraintVerifier.Verify(SceneReading.Of(first.Scene), asked).Passed.ShouldBeTrue(first.Words);
            first.Arrangement.ShouldNotBe("free");
            var second = ScenePlanner.Another(asked, Root.Child("second", i), [first.Caption]);
            ConstraintVerifier.Verify(SceneReading.Of(second.Scene), asked).Passed.ShouldBeTrue(second.Words);
        }
    }

    [Fact]
    public void The_oracle_s_scene_meets_every_kind_of_demand() =>
        Requests.SelectMany(asked => Enumerable.Range(0, 40).Select(i => (asked, i))).ShouldAllBe(demand => Meets(demand.asked, demand.i));

    private static bool Meets(PromptConstraints asked, int i) =>
        ConstraintVerifier.Verify(SceneReading.Of(OracleRewriter.Satisfy(asked, Root.Child("oracle", i))), asked).Passed;

    [Fact]
    public void Demands_are_said_in_one_way()
    {
        CanonicalWords.Of(Requests[0]).ShouldBe("one red star at center, four pink heart at top-left top-right bottom-left bottom-right, black background");
        CanonicalWords.Of(
            new PromptConstraints([new("star", 2, "red", Rows: "top"), new("heart", 1, Size: "small", Columns: "left")], [new("heart", 1, "pink")]))
            .ShouldBe("two red star row top, one small heart column left, not pink heart");
    }

    [Fact]
    public void A_judgment_speaks_of_places_the_background_and_what_is_forbidden()
    {
        var asked = new PromptConstraints([new("star", 1, Cells: ["center"])], [new("star", 1, "red")], "black");
        var scene = OracleRewriter.Satisfy(asked with { Exclude = null, Background = "white" }, Root);

        JudgeWords.Section(SceneReading.Of(scene), asked)
            .ShouldMatch("star found one of one, not red star found (zero|one), other zero, place good, background bad\\.\nverdict: fail</judge>$");
    }
}

using GenAgent.Evaluation.Reports;
using GenAgent.Judging;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Tests.Teaching;

public sealed class ScenePlannerTests
{
    private static readonly SeedPath Root = SeedPath.FromRoot(5);

    [Fact]
    public void Every_plan_of_5000_training_prompts_meets_its_constraints_and_so_does_the_one_after_it()
    {
        var prompts = new TrainingPrompts();
        var (alike, small) = (0, 0);
        for (var i = 0; i < 5000; i++)
        {
            var asked = prompts.Draw(Root.Child("prompt", i)).Constraints;
            var first = ScenePlanner.First(asked, Root.Child("first", i));
            var second = ScenePlanner.Another(asked, Root.Child("second", i), [first.Caption]);

            ConstraintVerifier.Verify(SceneReading.Of(first.Scene), asked).Passed.ShouldBeTrue(first.Words);
            ConstraintVerifier.Verify(SceneReading.Of(second.Scene), asked).Passed.ShouldBeTrue(second.Words);
            second.Canvas.ShouldNotBe(first.Canvas);
            alike += string.Equals(first.Caption, second.Caption, StringComparison.Ordinal) ? 1 : 0;
            small += WordDistance.Of(first.Caption, second.Caption) <= WordDistance.SmallEdit && asked.Include.Sum(c => c.Count) > 2 ? 1 : 0;
        }

        alike.ShouldBe(0);
        small.ShouldBe(0, "a follow-up prompt of three objects or more can always change by more than five words");
    }

    [Fact]
    public void What_a_benchmark_holds_out_is_not_planned_where_there_is_another_plan() =>
        Enumerable.Range(0, 50)
            .Select(i => ScenePlanner.First(
                new([new("star", 1, "red")]),
                Root.Child("avoid", i),
                scene => scene.Canvas == Micro.Scenes.CanvasColor.White && scene.Objects[0].Cell == Micro.Scenes.GridCell.TopLeft))
            .ShouldNotContain(plan => plan.Canvas == Micro.Scenes.CanvasColor.White && plan.Groups[0].Cells[0] == Micro.Scenes.GridCell.TopLeft);

    [Fact]
    public void A_place_that_no_arrangement_has_is_still_planned()
    {
        var asked = new PromptConstraints([new("star", 1, "red", "above"), new("heart", 2), new("ring", 1, Region: "below")]);

        var plan = ScenePlanner.First(asked, Root);

        ConstraintVerifier.Verify(SceneReading.Of(plan.Scene), asked).Passed.ShouldBeTrue();
    }

    [Fact]
    public void A_plan_s_words_hold_its_caption_group_by_group()
    {
        var plan = ScenePlanner.First(new([new("circle", 3, "red", "left"), new("square", 1, "blue", "right")]), Root);

        plan.Words.ShouldMatch("^(top|bottom|falling|rising): large red circle ([a-z-]+ ?){3}, large blue square [a-z-]+, (white|gray|black)$");
        plan.Caption.ShouldEndWith(" background");
    }
}

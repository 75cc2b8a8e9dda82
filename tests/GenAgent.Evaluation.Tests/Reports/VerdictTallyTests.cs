using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;

namespace GenAgent.Evaluation.Tests.Reports;

public sealed class VerdictTallyTests
{
    [Fact]
    public void Both_kinds_of_images_weigh_alike_however_many_there_are()
    {
        // Of eighteen good images one is failed, of two bad ones one is passed.
        var tally = VerdictTally.Of(
            [.. Enumerable.Range(0, 17).Select(_ => Prompt((Good: true, Passed: true))), Prompt((true, false), (false, true)), Prompt((false, false))]);

        tally.Count.ShouldBe(20);
        tally.Accuracy!.Value.ShouldBe(((17 / 18.0) + 0.5) / 2, 1e-12);
    }

    [Fact]
    public void The_interval_is_that_of_prompts_and_holds_the_accuracy()
    {
        var few = Tally(copies: 1, prompts: 20);
        var alike = Tally(copies: 8, prompts: 20);
        var many = Tally(copies: 1, prompts: 160);

        few.Interval()!.Value.Low.ShouldBeInRange(0.4, few.Accuracy!.Value);
        few.Interval()!.Value.High.ShouldBeInRange(few.Accuracy!.Value, 1);
        // Eight images of one prompt that are all judged alike say no more than one; eight times as many prompts do.
        Width(alike).ShouldBe(Width(few), 1e-9);
        Width(many).ShouldBeLessThan(Width(few) / 2);
    }

    [Fact]
    public void One_kind_alone_has_no_accuracy()
    {
        var tally = VerdictTally.Of([Prompt((true, true)), Prompt((true, false))]);

        (tally.Accuracy, tally.Interval(), tally.Count).ShouldBe((null, null, 2));
    }

    private static double Width(VerdictTally tally) => tally.Interval()!.Value.High - tally.Interval()!.Value.Low;

    // Every other prompt's images are bad; one in four of either kind is misjudged.
    private static VerdictTally Tally(int copies, int prompts) => VerdictTally.Of(
        [.. Enumerable.Range(0, prompts).Select(p => Prompt([.. Enumerable.Repeat((Good: p % 2 == 0, Passed: (p % 2 == 0) != (p % 8 < 2)), copies)]))]);

    private static Sample[] Prompt(params (bool Good, bool Passed)[] images) =>
        [new(Sample.CurrentSchema, "test/x/001", 0, "1", "x", null, 1, true, 1, [], [], []) {
            Attempts = [.. images.Select(i => new JudgedAttempt("x", i.Passed, i.Good))] }];
}

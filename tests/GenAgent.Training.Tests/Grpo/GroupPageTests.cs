using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Synthesis;
using GenAgent.Trajectories;

namespace GenAgent.Training.Tests.Grpo;

public sealed class GroupPageTests
{
    [Fact]
    public void Each_image_bears_the_judges_verdict()
    {
        using var folder = new TemporaryFolder();
        var run = BareTrajectory.Of(Judged(0, passed: false), Judged(1, passed: true), new Round(2, "answer"));
        var rollout = new Rollout(new SynthesisPrompt("p", "c", "a red circle"), run, [], Failure: null);

        GroupPage.Write(folder.Path, [new RolloutGroup(rollout.Task, [rollout])]);

        var page = File.ReadAllText(Path.Combine(folder.Path, GroupPage.FileName));
        page.Split("<div class=\"").Skip(1).Select(part => part.Split('"')[0]).Where(name => name is "right" or "wrong").ShouldBe(["wrong", "right"]);
        page.ShouldContain("alt=\"image 2\"> right");
    }

    private static Round Judged(int index, bool passed) => new(index, "said")
    {
        Images = [new ImageReference(new string('a', 64), "image/png", 1, 1, 1, null)],
        Shown = 0,
        Judgments = [new ImageJudgment(0, "judge") { Passed = passed }],
    };
}

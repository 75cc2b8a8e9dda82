using GenAgent.Evaluation.JudgeChecks;
using GenAgent.Judging;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Tests.Benchmarks;

public sealed class JudgeCheckTests
{
    private static readonly IReadOnlyList<(CheckImage Right, CheckImage Wrong)> Pairs = JudgeCheckImages.Pairs(40, seed: 3);
    private static readonly IReadOnlyList<CheckImage> Images = [.. Pairs.SelectMany(p => new[] { p.Right, p.Wrong })];

    [Fact]
    public async Task The_verifier_is_right_of_every_image()
    {
        var report = await JudgeCheck.RunAsync(new MicroVerifier(), Images, repeats: 2);

        (report.Images, report.Failed, report.Accuracy, report.FalsePasses, report.FalseFails, report.Drift).ShouldBe((80, 0, 1.0, 0.0, 0.0, 0.0));
        var pairs = await JudgeCheck.ComparePairsAsync(new ScorePairwiseJudge(new MicroVerifier()), Pairs);
        (pairs.Right, pairs.OrdersDisagree, pairs.Failed).ShouldBe((1.0, 0.0, 0));
    }

    [Fact]
    public async Task A_judge_that_says_yes_to_everything_is_found_out_at_once()
    {
        var report = await JudgeCheck.RunAsync(new Stub((_, _) => new Score("yes", 1, Passed: true, "fine")), Images);

        report.Images.ShouldBe(24);
        (report.Accuracy, report.FalsePasses).ShouldBe((0.5, 1.0));
        report.Finding.ShouldContain("worth nothing");
    }

    [Fact]
    public async Task Failed_judgments_are_counted_apart_and_a_change_of_mind_is_drift()
    {
        var report = await JudgeCheck.RunAsync(new Stub((image, call) => call % 9 == 0
            ? new NoScore("moody", "no")
            : new Score("moody", 0, Passed: image.IsRight == (call % 8 < 4), "x")), Images, repeats: 2, concurrency: 1);

        report.Failed.ShouldBeGreaterThan(0);
        report.Drift!.Value.ShouldBeGreaterThan(0);
        report.Finding.ShouldContain("chance");
    }

    [Fact]
    public async Task An_agent_is_tried_by_its_own_verdict_within_the_loop()
    {
        var report = await JudgeCheck.RunAsync(new AgentJudge(new OracleTeacher(), name: "oracle"), Images);

        report.Accuracy.ShouldBe(1.0);
        report.Failed.ShouldBeLessThan(60, "prompts that its reader does not know fail");
    }

    private sealed class Stub(Func<CheckImage, int, Judgment> judge) : IJudge
    {
        private int _calls;

        public string Name => "stub";

        public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default) =>
            new(judge(Images.First(i => ReferenceEquals(i.Image, request.Image)), Interlocked.Increment(ref _calls)));
    }
}

using GenAgent.Judging;
using GenAgent.Training.Grpo.Rewards;
using GenAgent.Training.Synthesis;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Tests.Grpo;

/// <summary>What each reward gives for runs whose images are right (R) or wrong (w), by the letters of their images.</summary>
public sealed class RewardTests
{
    private static readonly SynthesisPrompt Drawable = new("p", "c", "a red circle");

    [Theory]
    [InlineData("R", 1)]
    [InlineData("wR", 1)]
    [InlineData("Rw", 0)]
    [InlineData("ww", 0)]
    [InlineData("", 0)]
    public async Task The_final_reward_is_the_verdict_on_the_image_that_is_returned(string images, double expected) =>
        (await RewardsAsync("final", images))["final"].ShouldBe(expected);

    [Theory]
    [InlineData("R", 1)]
    [InlineData("w", 0)]
    [InlineData("wR", 1)]
    [InlineData("RR", 0.5)]
    [InlineData("Rw", 0)]
    [InlineData("wwR", 2 / 3.0)]
    [InlineData("", 0)]
    public async Task The_reflection_reward_is_the_share_of_right_decisions(string images, double expected) =>
        (await RewardsAsync("reflection", images))["reflection"].ShouldBe(expected, 1e-12);

    [Theory]
    [InlineData("gain", "wR", 1)]
    [InlineData("gain", "Rw", -1)]
    [InlineData("gain", "R", 0)]
    [InlineData("peak", "wRw", 1)]
    [InlineData("peak", "ww", 0)]
    [InlineData("retention", "Rw", 0)]
    [InlineData("retention", "ww", 1)]
    [InlineData("retention", "wR", 1)]
    [InlineData("efficiency", "wR", 0.5)]
    [InlineData("efficiency", "Rw", 0)]
    [InlineData("checklist", "w", 0)]
    [InlineData("checklist", "R", 1)]
    public async Task The_optional_rewards_look_at_all_images(string reward, string images, double expected) =>
        (await RewardsAsync(reward, images))[reward].ShouldBe(expected);

    [Fact]
    public async Task A_prompt_that_is_to_be_declined_is_rewarded_for_declining_and_its_images_are_wrong_without_a_judge()
    {
        var outside = Drawable with { Drawable = false };

        var declined = await RewardsAsync("final", "", outside, StopReason.Declined);
        var drawn = await RewardsAsync("final", "R", outside);
        var changed = await RewardsAsync("reflection", "RR", outside);

        (declined["final"], drawn["final"], changed["reflection"]).ShouldBe((1, 0, 0));
    }

    [Fact]
    public async Task Declining_what_can_be_drawn_earns_nothing() =>
        (await RewardsAsync("final", "", Drawable, StopReason.Declined))["final"].ShouldBe(0);

    [Fact]
    public async Task The_total_is_the_sum_of_the_weighted_parts()
    {
        var rewards = await RewardsAsync(KnownRewards.PaperWeights, "RR", Drawable, StopReason.Answered);

        rewards[Trajectory.TotalReward].ShouldBe(0.7 + (0.3 * 0.5), 1e-12);
    }

    [Fact]
    public async Task A_judge_that_fails_gives_no_reward() =>
        (await Should.ThrowAsync<RewardFailedException>(() => RewardsAsync("final", "?"))).Message.ShouldContain("the judge is down");

    private static Task<IReadOnlyDictionary<string, double>> RewardsAsync(
        string reward, string images, SynthesisPrompt? task = null, StopReason stop = StopReason.Answered) =>
        RewardsAsync(new Dictionary<string, double>(StringComparer.Ordinal) { [reward] = 1 }, images, task ?? Drawable, stop);

    private static async Task<IReadOnlyDictionary<string, double>> RewardsAsync(
        IReadOnlyDictionary<string, double> weights, string images, SynthesisPrompt task, StopReason stop)
    {
        IJudge judge = task.Drawable ? new Letters() : new Never();
        var run = BareTrajectory.Of([.. images.Select((_, round) => new Round(round, "said") { Shown = 0 })]) with
        {
            StopReason = stop, Answer = images.Length == 0 ? null : new FinalAnswer("i", images.Length - 1, ChoiceRule.Last, null),
        };
        var judged = await new Rubric(weights, judge).JudgeAsync(
            task, run, [.. images.Select(letter => new DataContent(new[] { (byte)letter }, "image/png"))], CancellationToken.None);
        return judged.Rewards!;
    }

    /// <summary>Reads the verdict off the image's only byte.</summary>
    private sealed class Letters : IJudge
    {
        public string Name => "letters";

        public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default) => ValueTask.FromResult<Judgment>(
            (char)request.Image.Data.Span[0] switch
            {
                'R' => new Score(Name, 1, Passed: true, "right"),
                'w' => new Score(Name, 0, Passed: false, "wrong"),
                _ => new NoScore(Name, "the judge is down"),
            });
    }

    private sealed class Never : IJudge
    {
        public string Name => "never";

        public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("Nobody was to be asked.");
    }
}

using GenAgent.Judging;

namespace GenAgent.Tests.Judging;

public sealed class ScorePairwiseJudgeTests
{
    private static readonly PairwiseRequest Pair = new("a red cat", FixedJudge.Image(1), FixedJudge.Image(2));

    private static IPairwiseJudge Scoring(Judgment first, Judgment second) =>
        new FixedJudge((request, _) => request.Image.Data.Span[0] == 1 ? first : second).AsPairwise();

    [Theory]
    [InlineData(0.9, false, 0.5, false, Winner.First)]
    [InlineData(0.4, false, 0.5, false, Winner.Second)]
    [InlineData(0.5, false, 0.5, false, Winner.Tie)]
    [InlineData(0.9, false, 0.8, true, Winner.Second)]
    public async Task The_strict_verdict_counts_before_the_value(double first, bool firstPassed, double second, bool secondPassed, Winner expected)
    {
        var judge = Scoring(FixedJudge.Of(first, firstPassed), FixedJudge.Of(second, secondPassed));

        (await judge.CompareAsync(Pair)).ShouldBeOfType<Preference>().Winner.ShouldBe(expected);
    }

    [Fact]
    public async Task A_missing_score_is_no_preference_for_the_other_image()
    {
        var judge = Scoring(FixedJudge.Of(0.1), new NoScore("fixed/1", "blind"));

        (await judge.CompareAsync(Pair)).ShouldBe(new NoPreference("fixed/1", "blind"));
    }
}

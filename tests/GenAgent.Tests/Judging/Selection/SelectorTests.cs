using GenAgent.Agents;
using GenAgent.Judging;
using GenAgent.Trajectories;

namespace GenAgent.Tests.Judging.Selection;

public sealed class SelectorTests
{
    private static readonly Attempt[] Four = [.. Enumerable.Range(0, 4).Select(i => new Attempt(
        Round: i, Candidate: 0, "p", FixedJudge.Image((byte)i), new ImageReference(new string('a', 64), "image/png", 16, 16, i, i)))];

    private static FixedJudge Worth(params double?[] values) => new((request, _) =>
        values[request.Image.Data.Span[0]] is { } value ? FixedJudge.Of(value) : new NoScore("fixed/1", "blind"));

    [Fact]
    public async Task The_best_score_is_chosen_and_of_equals_the_first() =>
        (await new ScoreSelector(Worth(0.2, 0.9, 0.9, 0.1)).SelectAsync("p", Four)).ShouldBe(1);

    [Fact]
    public async Task What_passed_is_chosen_before_what_only_scored_high()
    {
        var judge = new FixedJudge((request, _) => request.Image.Data.Span[0] == 2 ? FixedJudge.Of(0.8, passed: true) : FixedJudge.Of(0.9));

        (await new ScoreSelector(judge).SelectAsync("p", Four)).ShouldBe(2);
    }

    [Fact]
    public async Task A_missing_score_is_not_a_zero_that_could_win_or_lose()
    {
        (await new ScoreSelector(Worth(null, 0.0, null, null)).SelectAsync("p", Four)).ShouldBe(1);
        (await new ScoreSelector(Worth(null, null, null, null)).SelectAsync("p", Four)).ShouldBeNull();
    }

    [Theory]
    [InlineData(new[] { 0.1, 0.3, 0.9, 0.2 }, 2)]
    [InlineData(new[] { 0.5, 0.5, 0.5, 0.5 }, 0)]
    [InlineData(new[] { 0.1, 0.1, 0.1, 0.4 }, 3)]
    public async Task A_tournament_in_which_each_meets_each_is_won_by_most_points(double[] worth, int winner)
    {
        var judge = Worth([.. worth.Select(value => (double?)value)]);

        (await new TournamentSelector(judge.AsPairwise()).SelectAsync("p", Four)).ShouldBe(winner);

        judge.Calls.ShouldBe(2 * 6);
    }

    [Fact]
    public async Task A_comparison_that_failed_gives_nobody_points()
    {
        (await new TournamentSelector(Worth(null, 0.2, 0.3, null).AsPairwise()).SelectAsync("p", Four)).ShouldBe(2);
        (await new TournamentSelector(Worth(null, null, null, null).AsPairwise()).SelectAsync("p", Four)).ShouldBeNull();
    }
}

using GenAgent.Seeds;
using GenAgent.Training.Grpo;

namespace GenAgent.Training.Tests.Grpo;

public sealed class TurnResamplingTests
{
    private static readonly SeedPath Seed = SeedPath.FromRoot(5);

    [Theory]
    [InlineData("111111111122", "2:2 1:6")]
    [InlineData("111111222222", "1:4 2:4")]
    [InlineData("111111112223", "3:1 2:3 1:4")]
    [InlineData("111122223333", "1:3 2:3 3:2")]
    [InlineData("111111111111", "1:8")]
    public void Turn_counts_are_as_uniform_as_they_can_be(string turns, string expected)
    {
        int[] counts = [.. turns.Select(turn => turn - '0')];

        var kept = TurnResampling.Choose(counts, 8, Seed).Select(i => counts[i]).ToList();

        kept.Count.ShouldBe(8);
        foreach (var part in expected.Split(' ')) kept.Count(turn => turn == part[0] - '0').ShouldBe(part[2] - '0', part);
    }

    [Fact]
    public void Every_rollout_of_a_turn_count_can_be_chosen()
    {
        int[] turns = [1, 1, 1, 1, 2];

        var chosen = Enumerable.Range(0, 60).SelectMany(i => TurnResampling.Choose(turns, 2, Seed.Child("draw", i))).ToHashSet();

        chosen.Count.ShouldBe(5);
        TurnResampling.Choose(turns, 2, Seed).ShouldBe(TurnResampling.Choose(turns, 2, Seed));
    }
}

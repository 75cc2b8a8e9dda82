using GenAgent.TestKit.Golden;
using GenAgent.Training.Grpo;
using GenAgent.Training.Tests.Golden;

namespace GenAgent.Training.Tests.Grpo;

public sealed class AdvantagesTests
{
    [Fact]
    public void Advantages_are_those_of_the_reference()
    {
        Recorded.Each(GoldenJson.All("grpo_advantages.json", "cases"), recorded =>
        {
            if (recorded.Need("aggregation").GetString() != "sum_then_normalize") return;
            var weights = recorded.Need("reward_weights").Numbers();
            double[] rewards = [.. recorded.Need("rewards_per_function").Rows().Select(row => Weighted(row, weights))];
            var scale = recorded.Need("scale_rewards")
                .GetString() switch { "group" => AdvantageScale.Group, "batch" => AdvantageScale.Batch, _ => AdvantageScale.None };

            double[] advantages = [.. Advantages.Of([.. rewards.Chunk(recorded.Need("num_generations").GetInt32())], scale).SelectMany(group => group)];

            var expected = recorded.Need("advantages").Numbers();
            for (var i = 0; i < expected.Length; i++) advantages[i].ShouldBe(expected[i], 1e-9, $"{recorded.Need("name")}, {scale}, rollout {i}");
        });
    }

    [Fact]
    public void Equal_sums_of_parts_have_advantages_of_exactly_zero()
    {
        double[] rewards = [0.7 + 0.3 - 0.2, 0.3 - 0.2 + 0.7, -0.2 + 0.7 + 0.3];
        rewards.Distinct().Count().ShouldBeGreaterThan(1, "the sums are rounded differently, which is the case that is tested");

        foreach (var scale in Enum.GetValues<AdvantageScale>()) Advantages.Of([rewards], scale)[0].ShouldAllBe(advantage => advantage == 0);
    }

    [Fact]
    public void A_rollout_without_a_reward_counts_in_no_mean()
    {
        var advantages = Advantages.Of([[1, double.NaN, 0]], AdvantageScale.None)[0];

        advantages.ShouldBe([0.5, 0, -0.5]);
    }

    private static double Weighted(double[] parts, double[] weights)
    {
        var scored = parts.Zip(weights).Where(pair => !double.IsNaN(pair.First)).ToList();
        return scored.Count == 0 ? double.NaN : scored.Sum(pair => pair.First * pair.Second);
    }
}

using GenAgent.Evaluation.Statistics;
using GenAgent.Seeds;

namespace GenAgent.Evaluation.Tests.Statistics;

public sealed class BootstrapTests
{
    private static readonly SeedPath Seed = SeedPath.FromRoot(1).Child("bootstrap");

    [Fact]
    public void An_interval_covers_the_truth_about_as_often_as_it_claims()
    {
        // 200 studies of 40 prompts with 4 images, prompts differ in difficulty.
        var random = new Random(5);
        var covered = 0;
        for (var study = 0; study < 200; study++)
        {
            double[] prompts = [.. Enumerable.Range(0, 40).Select(_ =>
            {
                var difficulty = random.NextDouble();
                return Enumerable.Range(0, 4).Count(_ => random.NextDouble() < difficulty) / 4.0;
            })];
            var (low, high) = Bootstrap.OfMeans([prompts], 500, Seed.Child("study", study)).Percentile();
            covered += low <= 0.5 && 0.5 <= high ? 1 : 0;
        }

        covered.ShouldBeInRange(178, 199);
    }

    [Fact]
    public void The_mean_over_strata_weighs_categories_not_prompts()
    {
        var bootstrap = Bootstrap.OfMeans([[1, 1, 1, 1], [0]], 100, Seed);

        bootstrap.Estimate.ShouldBe(0.5);
        bootstrap.Percentile().ShouldBe(new Interval(0.5, 0.5));
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval() =>
        Bootstrap.OfMeans([[0, 1, 0, 1, 1]], 300, Seed).Percentile().ShouldBe(Bootstrap.OfMeans([[0, 1, 0, 1, 1]], 300, Seed).Percentile());

    [Fact]
    public void Values_that_make_no_sense_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => PassAtK.Estimate(5, 6, 1));
        Should.Throw<ArgumentOutOfRangeException>(() => PassAtK.Estimate(5, 2, 6));
        Should.Throw<ArgumentOutOfRangeException>(() => ProportionInterval.Wilson(3, 2));
        Should.Throw<ArgumentOutOfRangeException>(() => ProportionInterval.Exact(1, 2, 1));
        Should.Throw<ArgumentException>(() => McNemar.Of([true], [true, false]));
    }

    [Fact]
    public void Only_discordant_trials_count() =>
        McNemar.Of([true, true, false, false], [true, false, true, false]).ShouldBe(new McNemar(1, 1));
}

using GenAgent.Seeds;
using GenAgent.Training.Sources;

namespace GenAgent.Training.Tests.Sources;

public sealed class SampleOrderTests
{
    [Fact]
    public void Every_epoch_holds_each_sample_once_in_an_order_of_its_own()
    {
        var order = new SampleOrder(50, SeedPath.FromRoot(1));
        var epochs = Enumerable.Range(0, 3).Select(e => Enumerable.Range(0, 50).Select(i => order[(e * 50) + i]).ToArray()).ToArray();

        foreach (var epoch in epochs) epoch.Order().ShouldBe(Enumerable.Range(0, 50).Select(i => (long)i));
        epochs[0].ShouldNotBe(epochs[1]);
        epochs[1].ShouldNotBe(epochs[2]);
    }

    [Fact]
    public void A_run_that_starts_in_the_middle_sees_what_comes_next()
    {
        var whole = new SampleOrder(20, SeedPath.FromRoot(9));
        var expected = Enumerable.Range(0, 60).Select(i => whole[i]).ToArray();

        var resumed = new SampleOrder(20, SeedPath.FromRoot(9));

        Enumerable.Range(33, 27).Select(i => resumed[i]).ToArray().ShouldBe(expected[33..]);
    }
}

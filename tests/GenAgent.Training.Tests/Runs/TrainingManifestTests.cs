using GenAgent.Training.Runs;

namespace GenAgent.Training.Tests.Runs;

public sealed class TrainingManifestTests
{
    private static readonly TrainingOptions Options = new() { Seed = 3, BatchSize = 8, MicroBatchSize = 4, Workers = 2 };

    private static object Own(double weight = 0.5) => new { Loss = new { Weight = weight }, Source = "squares" };

    private static IReadOnlyList<string> Changes(string? kept, TrainingOptions? options = null, double weight = 0.5) =>
        TrainingManifest.ChangesTo(kept, TrainingManifest.Of("vae", options ?? Options, Own(weight)));

    [Fact]
    public void What_decides_the_order_of_sums_decides_a_resume_for_every_trainer()
    {
        var kept = TrainingManifest.Of("vae", Options, Own()).ToString();

        Changes(kept).ShouldBeEmpty();
        Changes(kept, Options with { Steps = 9, LearningRate = 0.1, CheckpointEvery = 1 }).ShouldBeEmpty("length, rates and saving may change");
        Changes(kept, Options with { Workers = 3 }).ShouldBe(["Workers was 2, now 3"]);
        Changes(kept, Options with { MicroBatchSize = 2 }).ShouldBe(["MicroBatchSize was 4, now 2"]);
        Changes(kept, Options with { Seed = 4 }).ShouldBe(["seed was 3, now 4"]);
        Changes(kept, weight: 0.25).ShouldBe(["Loss:Weight was 0.5, now 0.25"]);
        TrainingManifest.ChangesTo(kept, TrainingManifest.Of("flow", Options, Own())).ShouldBe(["kind was training of vae, now training of flow"]);
    }

    [Fact]
    public void A_checkpoint_of_an_earlier_version_is_resumed_by_what_it_recorded()
    {
        const string Kept = """{"Loss":{"Weight":0.5},"Seed":3,"BatchSize":8,"Source":"squares"}""";

        Changes(Kept).ShouldBeEmpty();
        Changes(Kept, Options with { BatchSize = 16 }).ShouldBe(["BatchSize was 8, now 16"]);
        Changes(Kept, weight: 1).ShouldBe(["Loss:Weight was 0.5, now 1"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no JSON")]
    [InlineData("{}")]
    [InlineData("{\"schema\":\"genagent.run/9\"}")]
    public void A_checkpoint_that_does_not_say_is_not_resumed(string? kept) => Changes(kept).ShouldHaveSingleItem().ShouldContain("cannot be read");
}

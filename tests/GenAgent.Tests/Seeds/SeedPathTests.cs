using GenAgent.Seeds;

namespace GenAgent.Tests.Seeds;

public sealed class SeedPathTests
{
    // Computed once by other means: python3, hashlib.sha256(str(root) + path), first eight bytes, little-endian.
    [Theory]
    [InlineData(0UL, "", 4066689987807800415UL, 1726737503U)]
    [InlineData(42UL, "", 10200184810016360307UL, 3025946483U)]
    [InlineData(18446744073709551615UL, "", 6829230938831379244UL, 640080684U)]
    [InlineData(42UL, "trajectory:3", 12725140769432824295UL, 4007815655U)]
    [InlineData(42UL, "trajectory:3/round:2", 9046420085616424046UL, 1277178990U)]
    [InlineData(42UL, "trajectory:3/round:2/image:0", 3809051291090477738UL, 3501253290U)]
    [InlineData(7UL, "naïve 编辑:9223372036854775807", 4924278503734447239UL, 2385448071U)]
    [InlineData(7UL, "a:-1", 15834492495734703668UL, 3067807284U)]
    public void Seeds_are_the_same_on_every_machine_and_in_every_version(ulong root, string path, ulong value, uint imageSeed)
    {
        var seed = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(step => step.Split(':'))
            .Aggregate(SeedPath.FromRoot(root), (parent, step) => parent.Child(step[0], long.Parse(step[1])));

        seed.Value.ShouldBe(value);
        seed.ImageSeed.ShouldBe(imageSeed);
        seed.Root.ShouldBe(root);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    public void A_step_whose_name_could_be_read_as_another_path_is_refused(string name) =>
        Should.Throw<ArgumentException>(() => SeedPath.FromRoot(1).Child(name)).Message.ShouldContain("without '/' and ':'");

    [Fact]
    public void A_seed_says_where_it_stands() =>
        SeedPath.FromRoot(42).Child("trajectory", 3).Child("round").ToString().ShouldBe("42/trajectory:3/round:0");

    [Fact]
    public void Neighbouring_places_have_unlike_seeds()
    {
        var seeds = from trajectory in Enumerable.Range(0, 100)
                    from image in Enumerable.Range(0, 100)
                    select SeedPath.FromRoot(1).Child("trajectory", trajectory).Child("image", image).Value;

        seeds.Distinct().Count().ShouldBe(10_000);
    }
}

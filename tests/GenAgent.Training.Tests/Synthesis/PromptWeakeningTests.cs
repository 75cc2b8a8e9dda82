using GenAgent.Seeds;
using GenAgent.Training.Synthesis;

namespace GenAgent.Training.Tests.Synthesis;

public sealed class PromptWeakeningTests
{
    private const string Prompt = "large red circle top-left small blue square center white background";

    [Fact]
    public void One_attribute_is_lost_and_never_the_background_s() =>
        Each(seed => PromptWeakening.Lose(Prompt, seed))
            .ShouldAllBe(p => Words(p).Length == Words(Prompt).Length - 1 && p.EndsWith("white background", StringComparison.Ordinal));

    [Fact]
    public void One_attribute_is_wrong_and_of_the_same_kind() =>
        Each(seed => PromptWeakening.Spoil(Prompt, seed)).ShouldAllBe(p => Words(p).Zip(Words(Prompt)).Count(w => w.First != w.Second) == 1);

    [Fact]
    public void Without_attributes_the_last_word_goes() => PromptWeakening.Spoil("a cat on a sofa", SeedPath.FromRoot(1)).ShouldBe("a cat on a");

    private static string[] Words(string text) => text.Split(' ');

    private static IEnumerable<string> Each(Func<SeedPath, string> weaken) => Enumerable.Range(0, 50).Select(i => weaken(SeedPath.FromRoot((ulong)i)));
}

using GenAgent.Micro.Prompts;
using GenAgent.Micro.Teaching;

namespace GenAgent.Micro.Tests.Teaching;

public sealed class PromptReaderTests
{
    [Fact]
    public void Every_shipped_prompt_of_the_seven_categories_is_read_as_it_is_meant()
    {
        var prompts = new[] { PromptSplit.Test, PromptSplit.Validation }
            .SelectMany(MicroBenchmark.Load).Where(p => PromptTags.Categories.Contains(p.Tag)).ToList();
        prompts.Count.ShouldBe(560);

        foreach (var prompt in prompts)
        {
            var read = PromptReader.Read(prompt.Prompt);

            read.Problem.ShouldBeNull(prompt.Prompt);
            read.Constraints!.Include.ShouldBe(prompt.Include, ignoreOrder: true, customMessage: prompt.Prompt);
        }
    }

    [Fact]
    public void A_user_is_understood_in_the_README_s_own_words() =>
        PromptReader.Read("three red circles and a blue square").Constraints!.Include
            .ShouldBe([new("circle", 3, "red"), new("square", 1, "blue")]);

    [Fact]
    public void A_place_on_one_side_puts_the_other_group_on_the_other() =>
        PromptReader.Read("2 stars on the left and a heart").Constraints!.Include
            .ShouldBe([new("star", 2, Region: "left"), new("heart", 1, Region: "right")]);

    [Fact]
    public void Sizes_that_are_all_alike_compare_nothing() =>
        PromptReader.Read("two large circles and a large star").Constraints!.Include
            .ShouldBe([new("circle", 2), new("star", 1)]);

    [Theory]
    [InlineData("a red dragon", "\"dragon\"")]
    [InlineData("", "no shape")]
    [InlineData("something nice", "\"something\"")]
    [InlineData("four circles and five stars", "9 objects")]
    public void What_cannot_be_drawn_is_named(string prompt, string named)
    {
        var read = PromptReader.Read(prompt);

        read.Constraints.ShouldBeNull();
        read.Problem!.ShouldContain(named);
    }
}

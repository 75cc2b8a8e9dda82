using GenAgent.Micro.Prompts;
using GenAgent.Seeds;

namespace GenAgent.Micro.Tests.Prompts;

public sealed class TrainingPromptsTests
{
    private static readonly SeedPath Root = SeedPath.FromRoot(9);

    [Fact]
    public void The_same_seed_gives_the_same_prompt_and_another_seed_another()
    {
        var source = new TrainingPrompts();

        source.Draw(Root.Child("a")).ToJson().ShouldBe(new TrainingPrompts().Draw(Root.Child("a")).ToJson());
        Enumerable.Range(0, 200).Select(i => source.Draw(Root.Child("p", i)).Prompt).Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThan(190);
    }

    [Fact]
    public void Only_the_tags_that_were_asked_for_are_drawn()
    {
        var source = new TrainingPrompts(
            new() { TagWeights = new Dictionary<string, double>(StringComparer.Ordinal) { [PromptTags.Counting] = 3, ["knowledge_time"] = 1 } });

        var tags = Enumerable.Range(0, 400).Select(i => source.Draw(Root.Child("p", i)).Tag).CountBy(t => t).ToDictionary(StringComparer.Ordinal);

        tags.Keys.Order(StringComparer.Ordinal).ShouldBe(["counting", "knowledge_time"]);
        (tags["counting"] / 400.0).ShouldBe(0.75, 0.08);
    }

    [Fact]
    public void Unknown_tags_and_weights_that_say_nothing_are_refused()
    {
        Should.Throw<ArgumentException>(
            () => new TrainingPrompts(new() { TagWeights = new Dictionary<string, double>(StringComparer.Ordinal) { ["colour"] = 1 } })).Message.ShouldContain(
            "\"colour\"");
        Should.Throw<ArgumentException>(
            () => new TrainingPrompts(new() { TagWeights = new Dictionary<string, double>(StringComparer.Ordinal) { ["counting"] = 0 } }));
    }
}

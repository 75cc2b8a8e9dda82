using GenAgent.Judging;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Scenes;
using GenAgent.Seeds;

namespace GenAgent.Micro.Tests.Prompts;

public sealed class OracleRewriterTests
{
    private static readonly SeedPath Seed = SeedPath.FromRoot(1).Child("oracle");
    private static readonly PromptConstraints StarAboveHearts = new([new("star", 1, "red", "above"), new("heart", 2, "blue", "below")]);

    [Fact]
    public void The_caption_says_all_that_was_asked_for_in_the_dense_form_that_generators_know() =>
        OracleRewriter.Rewrite(StarAboveHearts, Seed)
            .ShouldMatch("^(large|small) red star (top|middle)-?[a-z]* ((large|small) blue heart [a-z-]+ ){2}(white|gray|black) background$");

    [Fact]
    public void The_same_seed_gives_the_same_caption_and_other_seeds_other_places()
    {
        OracleRewriter.Rewrite(StarAboveHearts, Seed).ShouldBe(OracleRewriter.Rewrite(StarAboveHearts, Seed));
        Enumerable.Range(0, 30)
            .Select(i => OracleRewriter.Rewrite(StarAboveHearts, Seed.Child("try", i)))
            .Distinct(StringComparer.Ordinal)
            .Count()
            .ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Open_colours_never_collide_with_what_was_asked_for()
    {
        // One red star and one star of any colour: a second red one would make two red ones.
        var constraints = new PromptConstraints([new("star", 1, "red"), new("circle", 3)], [new("star", 2)]);

        for (var i = 0; i < 50; i++)
            OracleRewriter.Satisfy(constraints, Seed.Child("try", i)).Objects.Count(o => o.Class == ShapeClass.Star).ShouldBe(1);
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_reason()
    {
        Should.Throw<ArgumentException>(() => OracleRewriter.Satisfy(new([new("star", 8)]), Seed)).Message.ShouldContain("at most 7");
        Should.Throw<ArgumentException>(() => OracleRewriter.Satisfy(new([new("bus", 1)]), Seed)).Message.ShouldContain("bus");
        Should.Throw<ArgumentException>(() => OracleRewriter.Satisfy(new([new("star", 2)], [new("star", 1)]), Seed)).Message.ShouldContain("No scene");
    }
}

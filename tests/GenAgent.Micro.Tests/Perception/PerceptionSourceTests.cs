using GenAgent.Micro.Facts;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Protocol;

namespace GenAgent.Micro.Tests.Perception;

public sealed class PerceptionSourceTests
{
    private static readonly PerceptionSource Source = new(new() { Seed = 4 });
    private static readonly IReadOnlyList<PerceptionExample> Examples = [.. Enumerable.Range(0, 600).Select(i => Source.Get(i))];

    [Fact]
    public void The_same_index_gives_the_same_example_whoever_asks_and_when()
    {
        var other = new PerceptionSource(new() { Seed = 4 });

        Parallel.For(0, 60, i =>
        {
            var again = other.Get(59 - i);
            again.Answer.ShouldBe(Examples[59 - i].Answer);
            again.Question.ShouldBe(Examples[59 - i].Question);
            (again.Image?.Pixels ?? []).ShouldBe(Examples[59 - i].Image?.Pixels ?? []);
        });
    }

    [Fact]
    public void Every_kind_is_drawn_and_only_words_stand_without_an_image()
    {
        Examples.Select(e => e.Kind).Distinct().Count().ShouldBe(Enum.GetValues<PerceptionKind>().Length);
        Examples.ShouldAllBe(e => (e.Image == null) == (e.Kind >= PerceptionKind.Fact));
    }

    [Fact]
    public void No_image_shows_and_no_prompt_means_what_the_benchmark_holds_out()
    {
        var heldOut = MicroBenchmark.Load(PromptSplit.Test).Concat(MicroBenchmark.Load(PromptSplit.Validation)).ToList();
        var meanings = heldOut.Select(p => CanonicalWords.Of(p.Constraints)).ToHashSet(StringComparer.Ordinal);
        foreach (var example in Examples)
        {
            Source.IsHeldOut(example.Image is null ? SceneReading.Of(new(default, [])) : new SceneReader().Read(example.Image)).ShouldBeFalse();
            var asked = example.Kind switch
            {
                PerceptionKind.Groups => example.Answer.Split(". ")[^1],
                PerceptionKind.Plan => example.Question["plan: ".Length..],
                _ => string.Empty,
            };
            meanings.ShouldNotContain(asked);
        }
    }

    [Fact]
    public void Judgments_read_as_the_judge_turn_s_and_come_out_both_ways()
    {
        var verdicts = Examples.Where(e => e.Kind == PerceptionKind.Judge)
            .Select(e => TurnParser.Parse($"{e.Answer}\n<answer>image 1</answer>").Turn!.Judgment!.Verdict).CountBy(v => v).ToDictionary();

        verdicts.Count.ShouldBe(2);
        verdicts.Values.Min().ShouldBeGreaterThan(verdicts.Values.Sum() / 5);
    }

    [Fact]
    public void Descriptions_say_unclear_where_degraded_shapes_are()
    {
        Examples.Count(e => e.Kind == PerceptionKind.Describe && e.Answer.Contains("unclear shape", StringComparison.Ordinal)).ShouldBeGreaterThan(5);
        Enumerable.Range(0, 100).Select(i => new PerceptionSource(new() { DegradedShare = 0 }).Get(i)).ShouldAllBe(e => !e.Answer.Contains("unclear"));
    }

    [Fact]
    public void Facts_are_asked_in_the_words_of_the_thinking() =>
        Examples.Where(e => e.Kind == PerceptionKind.Fact).ShouldAllBe(e => FactTable.All.Any(f => CanonicalWords.Of(f) == e.Answer || (CanonicalWords.Question(f) == e.Question && CanonicalWords.Answer(f) == e.Answer)));

    [Fact]
    public void Wrong_options_are_refused()
    {
        Should.Throw<ArgumentException>(() => new PerceptionSource(new() { DegradedShare = 2 })).Message.ShouldContain("DegradedShare");
        Should.Throw<ArgumentException>(() => new PerceptionSource(new() { Weights = new Dictionary<PerceptionKind, double>() })).Message.ShouldContain("Weights");
    }
}

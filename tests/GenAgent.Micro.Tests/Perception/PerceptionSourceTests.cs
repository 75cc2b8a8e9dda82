using System.Text.RegularExpressions;
using GenAgent.Micro.Facts;
using GenAgent.Micro.Language;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Protocol;

namespace GenAgent.Micro.Tests.Perception;

public sealed class PerceptionSourceTests
{
    private static readonly PerceptionOptions Options = new()
    {
        Seed = 4,
        Weights = Enum.GetValues<PerceptionKind>().ToDictionary(k => k, k => k is PerceptionKind.Describe or PerceptionKind.Judge ? 25.0 : 5)
    };
    private static readonly PerceptionSource Source = new(Options);
    private static readonly IReadOnlyList<PerceptionExample> Examples = [.. Enumerable.Range(0, 600).Select(i => Source.Get(i))];

    [Fact]
    public void The_same_index_gives_the_same_example_whoever_asks_and_when()
    {
        var other = new PerceptionSource(Options);

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
    public void Recall_asks_for_several_facts_that_are_trained_on_and_answers_each()
    {
        var known = RequestLanguage.Training.Facts.Select(fact => fact.Statement).ToHashSet(StringComparer.Ordinal);
        var recalled = Examples.Where(e => e.Kind == PerceptionKind.Recall).ToList();

        recalled.Count.ShouldBeGreaterThan(5);
        foreach (var example in recalled)
        {
            var questions = example.Question["recall: ".Length..].Split("; ");
            var answers = example.Answer.Split(". ");
            answers.Length.ShouldBe(questions.Length);
            answers.ShouldAllBe(answer => known.Contains(answer));
            for (var i = 0; i < answers.Length; i++)
                answers[i].ShouldStartWith(questions[i] + " is ");
        }
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
                PerceptionKind.Plan or PerceptionKind.PlanAgain => example.Question.Split("plan: ")[^1],
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
    public void A_second_plan_says_the_groups_again_and_places_them_on_another_background()
    {
        var again = Examples.Where(e => e.Kind == PerceptionKind.PlanAgain).ToList();

        again.Count.ShouldBeGreaterThan(10);
        foreach (var example in again)
        {
            example.Answer.ShouldStartWith(example.Question.Split("plan: ")[1]);
            var (plan, caption) = (example.Answer.Split('\n')[0], example.Answer.Split('\n')[1]);
            var first = example.Question.Split(". plan: ")[0];
            plan.Split(' ')[^1].ShouldBe(caption.Split(' ')[^2]);
            plan.Split(' ')[^1].ShouldNotBe(first.Split(' ')[^1]);
        }
    }

    [Fact]
    public void A_description_is_tallied_as_it_stands()
    {
        var tallies = Examples.Where(e => e.Kind == PerceptionKind.Tally).ToList();

        tallies.ShouldAllBe(e => e.Answer.StartsWith($"<judge>{e.Question.Split('\n', StringSplitOptions.None)[1]}. ", StringComparison.Ordinal));
        tallies.Count(e => e.Answer.EndsWith("verdict: pass</judge>", StringComparison.Ordinal)).ShouldBeInRange(3, tallies.Count - 3);
        tallies.ShouldContain(e => e.Question.Contains("unclear", StringComparison.Ordinal));
    }

    [Fact]
    public void At_work_a_description_is_judged_as_it_stands_whatever_was_understood_planned_and_painted()
    {
        var source = new PerceptionSource(
            new() { Seed = 9, DegradedShare = 0, Weights = new Dictionary<PerceptionKind, double> { [PerceptionKind.OwnTurn] = 1 } });
        var reader = new SceneReader();
        var (passed, otherThanPlanned, otherThanShown, misheard) = (0, 0, 0, 0);
        for (var i = 0; i < 80; i++)
        {
            var example = source.Get(i);
            var planned = PlainCaption(TurnParser.Parse(example.FirstTurn!).Turn!.Call!.Arguments);
            var turn = TurnParser.Parse(example.Given + example.Answer).Turn!;
            var said = example.Given["<judge>".Length..^1];

            (turn.Answer is null).ShouldBe(turn.Judgment!.Verdict == GenAgent.Protocol.Verdict.Fail);
            (turn.Call is null).ShouldBe(turn.Judgment!.Verdict == GenAgent.Protocol.Verdict.Pass);
            turn.Judgment.Text.ShouldStartWith(said + ". ");
            // Where it plans again it says what was asked for: the request's own meaning, also after a first turn that took it for something else.
            misheard += turn.Thought is { } again && !example.FirstTurn!.Contains(again.Split(". ")[1], StringComparison.Ordinal) ? 1 : 0;
            passed += turn.Judgment!.Verdict == GenAgent.Protocol.Verdict.Pass ? 1 : 0;
            otherThanPlanned += planned.Contains(PlainCaption(said), StringComparison.Ordinal) ? 0 : 1;
            otherThanShown += said.Equals(CanonicalWords.Of(reader.Read(example.Image!)), StringComparison.Ordinal) ? 0 : 1;
        }

        passed.ShouldBeInRange(8, 60);
        otherThanPlanned.ShouldBeInRange(20, 75);
        otherThanShown.ShouldBeInRange(30, 79);
        misheard.ShouldBeInRange(4, 25);
    }

    /// <summary>A description without the numbers of its objects, which a caption does not have.</summary>
    private static string PlainCaption(string words) => Regex.Replace(words, " (one|two|three|four|five|six|seven)\\b", "");

    [Fact]
    public void Descriptions_say_unclear_where_degraded_shapes_are()
    {
        Examples.Count(e => e.Kind == PerceptionKind.Describe && e.Answer.Contains("unclear shape", StringComparison.Ordinal)).ShouldBeGreaterThan(5);
        Enumerable.Range(0, 100).Select(i => new PerceptionSource(new() { DegradedShare = 0 }).Get(i)).ShouldAllBe(e => !e.Answer.Contains("unclear"));
    }

    [Fact]
    public void Facts_are_asked_in_the_words_of_the_thinking() =>
        Examples.Where(e => e.Kind == PerceptionKind.Fact)
            .ShouldAllBe(e =>
                FactTable.All.Any(f => CanonicalWords.Of(f) == e.Answer || (CanonicalWords.Question(f) == e.Question && CanonicalWords.Answer(f) == e.Answer)));

    [Fact]
    public void Wrong_options_are_refused()
    {
        Should.Throw<ArgumentException>(() => new PerceptionSource(new() { DegradedShare = 2 })).Message.ShouldContain("DegradedShare");
        Should.Throw<ArgumentException>(() => new PerceptionSource(new() { Weights = new Dictionary<PerceptionKind, double>() })).Message
            .ShouldContain("Weights");
    }
}

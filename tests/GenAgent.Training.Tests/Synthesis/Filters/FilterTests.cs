using GenAgent.Protocol;
using GenAgent.Training.Synthesis;
using GenAgent.Training.Synthesis.Filters;
using GenAgent.Trajectories;

namespace GenAgent.Training.Tests.Synthesis.Filters;

public sealed class FilterTests
{
    private static readonly ToolCall Call = TurnText.GenerateImage("a red circle");

    [Fact]
    public async Task Format_drops_faults_that_were_not_meant_and_keeps_those_that_were()
    {
        var faulty = Sample() with { Trajectory = Run(Turn(0, "a thought", fault: true), Turn(1, "a thought", image: true), Answer(2, Verdict.Pass)) };

        (await new FormatFilter().CheckAsync(Sample(), Cancellation)).ShouldBeNull();
        (await new FormatFilter().CheckAsync(faulty, Cancellation))!.ShouldContain("round 0");
        (await new FormatFilter().CheckAsync(As(faulty, task => task with { FirstTry = FirstTry.FailedCall }), Cancellation)).ShouldBeNull();
        (await new FormatFilter().CheckAsync(As(Sample(), task => task with { MustDecline = true }), Cancellation))!.ShouldContain("cannot be drawn");
    }

    [Theory]
    [InlineData("I was given a reference image, and this is not like it.")]
    [InlineData("According to the hint there are two.")]
    [InlineData("The verifier says that a circle is missing.")]
    [InlineData("The checklist asks for a cat.")]
    public async Task Leakage_is_found_in_what_the_teacher_says(string thought) =>
        (await new HintLeakageFilter().CheckAsync(Sample(thought), Cancellation)).ShouldNotBeNull();

    [Theory]
    [InlineData("The circle is blue, but red was asked for. I say the colour first.")]
    [InlineData("missing shape. top: large red circle top-left, white")]
    public async Task Honest_words_are_no_leakage(string thought) =>
        (await new HintLeakageFilter().CheckAsync(Sample(thought), Cancellation)).ShouldBeNull();

    [Fact]
    public async Task The_user_s_own_words_are_no_leakage()
    {
        var sample = Sample("The checklist is drawn on paper.");

        (await new HintLeakageFilter().CheckAsync(
            sample with { Trajectory = sample.Trajectory with { Prompt = "a checklist on paper" } }, Cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData(0.2, 0.8, true)]
    [InlineData(0.5, 0.5, false)]
    [InlineData(0.5, 0.4, false)]
    public async Task A_second_image_must_be_better(double first, double second, bool kept) =>
        ((await new NotBetterFilter().CheckAsync(Reflected(first, second), Cancellation)) is null).ShouldBe(kept);

    [Fact]
    public async Task A_judgment_must_be_the_judge_s()
    {
        (await new ContradictionFilter().CheckAsync(Sample(), Cancellation)).ShouldBeNull();
        (await new ContradictionFilter().CheckAsync(Scored(Sample(), (0.5, false)), Cancellation))!.ShouldContain("the judge says Fail");
        (await new ContradictionFilter().CheckAsync(Scored(Sample()), Cancellation))!.ShouldContain("could not be judged");
    }

    [Fact]
    public async Task Long_turns_are_dropped()
    {
        (await new LengthFilter(maxTurnWords: 50).CheckAsync(Sample(string.Join(' ', Enumerable.Repeat("word", 60))), Cancellation))!.ShouldContain("round 0");
        (await new LengthFilter(maxTurnWords: 50).CheckAsync(Sample(), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task The_second_of_two_alike_is_dropped_and_another_is_not()
    {
        var filter = new DuplicateFilter();

        (await filter.CheckAsync(Sample("one plan"), Cancellation)).ShouldBeNull();
        (await filter.CheckAsync(Sample("one plan"), Cancellation))!.ShouldContain("nearly the same");
        (await filter.CheckAsync(
            Sample("quite another idea of the whole thing, with other places and colours for all that is asked"), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public void Balance_takes_from_what_there_is_too_much_of_and_from_nothing_else()
    {
        List<SynthesisSample> samples = [.. Enumerable.Range(0, 30).Select(i => As(Sample(), task => task with { Index = i }))];
        samples = [.. samples.Select((s, i) => s with { Trajectory = s.Trajectory with { Id = $"t{i}" } })];
        samples.AddRange(Enumerable.Range(30, 10).Select(i => As(Reflected(0, 1), task => task with { Index = i }))
            .Select((s, i) => s with { Trajectory = s.Trajectory with { Id = $"r{i}" } }));

        var (kept, dropped) = Balance.Apply(samples, new() { MaxOneRoundShare = 0.5 });

        kept.Count(s => s.Attempts.Count == 1).ShouldBe(10);
        kept.Count(s => s.Attempts.Count == 2).ShouldBe(10);
        dropped.Count.ShouldBe(20);
        Balance.Apply(kept, new() { MaxOneRoundShare = 0.5 }).Dropped.ShouldBeEmpty();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static SynthesisSample Sample(string thought = "a thought") =>
        Scored(new(Run(Turn(0, thought, image: true), Answer(1, Verdict.Pass))), (1, true));

    private static SynthesisSample Reflected(double first, double second) =>
        Scored(
            new(Run(Turn(0, "a thought", image: true), Turn(1, "another", image: true, judged: true), Answer(2, Verdict.Pass))),
            (first, false),
            (second, false));

    private static SynthesisSample As(SynthesisSample sample, Func<TrajectoryTask, TrajectoryTask> change) =>
        new(sample.Trajectory with { Task = change(sample.Trajectory.Task!) });

    private static SynthesisSample Scored(SynthesisSample sample, params (double Value, bool Passed)[] scores) => new(sample.Trajectory with
    {
        Rounds = [.. sample.Trajectory.Rounds.Select(
            (round, i) => round with { Judgments = i < scores.Length ? [new(0, "judge/1") { Value = scores[i].Value, Passed = scores[i].Passed }] : [] })],
    });

    private static Round Turn(int index, string thought, bool image = false, bool fault = false, bool judged = false)
    {
        var judgment = judged ? new SelfJudgment("wrong", Verdict.Fail) : null;
        return new(index, TurnText.Write(new AgentTurn(judgment, thought, Call, null)))
        {
            Judgment = judgment,
            Thought = thought,
            Call = Call,
            Images = image ? [new(new string((char)('a' + index), 64), "image/png", 96, 96, 1, 1)] : [],
            Shown = image ? 0 : null,
            Faults = fault ? [new(FaultKind.UnknownTool, "no such tool")] : [],
        };
    }

    private static Round Answer(int index, Verdict verdict) => new(index, TurnText.Write(new AgentTurn(new("seen", verdict), null, null, "done")))
    {
        Judgment = new("seen", verdict),
        Answer = "done",
    };

    private static Trajectory Run(params Round[] rounds) => BareTrajectory.Of(rounds) with
    {
        Task = new() { Index = 0, Category = "color" },
    };
}

using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Properties;
using GenAgent.Evaluation.Published;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Tests.Properties;

public sealed class PropertyFiguresTests
{
    private static readonly IBenchmark Benchmark = GenEvalPlusBenchmark.Load();
    private static readonly BenchmarkTask[] Tasks = [.. Benchmark.Tasks.Take(2)];

    private static Sample Of(BenchmarkTask task, bool passed, params (bool? Agent, bool Judge)[] attempts) =>
        new(1, task.Id, 0, "1", "p", "x.png", 1, passed, 0, [], [], [])
        {
            Agent = attempts.Length == 0 ? null : new AgentConduct("t", attempts.Length + 1, StopReason.Answered, [], 10 * attempts.Length, 100, []),
            Attempts = [.. attempts.Select(a => new JudgedAttempt("p", a.Agent, a.Judge))],
        };

    // The first run turns a wrong image right; the second spoils a right one that it did not believe in, and mends it.
    private static PropertyRuns Runs() => new(
        "g", Trained: true, Tasks,
        [Of(Tasks[0], passed: false), Of(Tasks[1], passed: true)],
        [Of(Tasks[0], passed: true, (false, false), (true, true)), Of(Tasks[1], passed: true, (false, true), (false, false), (true, true))]);

    [Fact]
    public void A_gain_is_the_difference_prompt_by_prompt()
    {
        var gain = PropertyFigures.Of(Benchmark, [Runs()], 1, 3).Tools.ShouldHaveSingleItem();

        (gain.Alone, gain.WithAgent, gain.Gain).ShouldBe((0.5, 1.0, 0.5));
        gain.GainInterval.ShouldBe(new(0, 1));
    }

    [Fact]
    public void An_agent_held_to_fewer_rounds_returns_what_it_believed_in_by_then_or_the_last()
    {
        var rounds = PropertyFigures.Of(Benchmark, [Runs()], 1, 3).Rounds;

        // One image: wrong, right. Two: right, and the spoiled one. Three: both right.
        rounds.Select(r => r.Success).ShouldBe([0.5, 0.5, 1.0]);
        rounds.Select(r => r.BestSoFar).ShouldBe([0.5, 1.0, 1.0]);
        rounds.Select(r => r.Images).ShouldBe([1.0, 2.0, 2.5]);
        (rounds[2].LaterWorse, rounds[2].LaterBetter).ShouldBe((1.0, 1.0));
        (rounds[0].LaterWorse, rounds[0].LaterBetter).ShouldBe((null, null));
    }

    [Fact]
    public void Effort_is_told_by_category_with_the_share_of_runs_that_stop_at_each_number_of_images()
    {
        var effort = PropertyFigures.Of(Benchmark, [Runs()], 1, 3).Categories.ShouldHaveSingleItem();

        effort.ImageShares.ShouldBe([0.0, 0.5, 0.5]);
        (effort.Images, effort.ThinkingWords).ShouldBe((2.5, 25));
    }
}

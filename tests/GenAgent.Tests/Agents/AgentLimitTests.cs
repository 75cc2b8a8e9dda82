using GenAgent.Agents;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Tests.Agents;

public sealed class AgentLimitTests
{
    // A model that is never content.
    private static ScriptedModel Restless(UsageDetails? usage = null) =>
        new(
        [
            _ => new ChatMessage(ChatRole.Assistant, Turns.Call("x")),
            .. Enumerable.Repeat<Func<ScriptedModel.Request, ChatMessage>>(_ => new ChatMessage(ChatRole.Assistant, Turns.Again("y")), 1)
        ])
        {
            Usage = usage
        };

    [Fact]
    public async Task After_the_last_round_the_agent_may_judge_and_answer_but_not_paint()
    {
        var options = new ImageAgentOptions { MaxRounds = 2 };
        var stopped = await new ImageAgent(Restless(), new SeededGenerator(), options).RunAsync("p");
        stopped.StopReason.ShouldBe(StopReason.RoundLimit);
        stopped.Attempts.Count.ShouldBe(2);
        stopped.Trajectory.Rounds.Count.ShouldBe(3);

        var content = await new ImageAgent(new ScriptedModel(Turns.Call("x"), Turns.Again("y"), Turns.Answer()), new SeededGenerator(), options).RunAsync("p");
        content.StopReason.ShouldBe(StopReason.Answered);
    }

    [Fact]
    public async Task No_more_images_are_made_than_the_budget_allows()
    {
        var generator = new SeededGenerator();
        var result = await new ImageAgent(Restless(), generator, new ImageAgentOptions { CandidatesPerRound = 2, MaxImages = 3, MaxRounds = 10 }).RunAsync("p");

        result.StopReason.ShouldBe(StopReason.ImageBudget);
        generator.Requests.Count.ShouldBe(3);
        result.Trajectory.Rounds.Select(round => round.Images.Count).ShouldBe([2, 1, 0]);
    }

    [Fact]
    public async Task No_turn_begins_once_the_tokens_are_spent_and_no_turn_may_overspend_them()
    {
        var model = Restless(new UsageDetails { InputTokenCount = 30, OutputTokenCount = 10 });
        var result = await new ImageAgent(model, new SeededGenerator(), new ImageAgentOptions { MaxTokens = 75, MaxTurnTokens = 50, MaxRounds = 10 }).RunAsync(
            "p");

        result.StopReason.ShouldBe(StopReason.TokenBudget);
        model.Requests.Select(request => request.Options.MaxOutputTokens).ShouldBe([50, 35]);
        result.Trajectory.Tokens.ShouldBe(new TokenUsage(60, 20));
    }

    [Fact]
    public async Task The_token_budget_holds_for_a_backend_that_does_not_count()
    {
        var result = await new ImageAgent(Restless(), new SeededGenerator(), new ImageAgentOptions { MaxTokens = 1500, MaxRounds = 100 }).RunAsync("p");

        result.StopReason.ShouldBe(StopReason.TokenBudget);
        result.Trajectory.Tokens.Estimated.ShouldBeTrue();
    }

    [Fact]
    public async Task When_the_time_is_up_what_is_under_way_is_cancelled_and_the_best_so_far_returned()
    {
        var time = new FakeTimeProvider();
        var generator = new SeededGenerator
        {
            Instead = async (index, _, cancellation) =>
            {
                if (index == 1)
                {
                    time.Advance(TimeSpan.FromSeconds(11));
                    await Task.Delay(Timeout.Infinite, cancellation);
                }

                return null;
            },
        };
        var result = await new ImageAgent(Restless(), generator, new ImageAgentOptions { MaxSeconds = 10 }, timeProvider: time).RunAsync("p");

        result.StopReason.ShouldBe(StopReason.TimeBudget);
        result.Attempts.Count.ShouldBe(1);
        result.Trajectory.Seconds.ShouldBe(11, 0.001);
        result.Trajectory.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_an_image_a_spent_budget_is_a_typed_exception_that_says_what_to_raise()
    {
        var time = new FakeTimeProvider();
        var slow = new ScriptedModel(_ =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return new ChatMessage(ChatRole.Assistant, Turns.Call("x"));
        });
        var late = await Should.ThrowAsync<NoImageException>(() =>
            new ImageAgent(
                slow,
                new SeededGenerator { Instead = (_, _, cancellation) => Task.FromCanceled<AIContent?>(cancellation) },
                new ImageAgentOptions { MaxSeconds = 1 },
                timeProvider: time).RunAsync(
                "p"));
        late.StopReason.ShouldBe(StopReason.TimeBudget);
        late.Message.ShouldContain("raise MaxSeconds");

        var spent = await Should.ThrowAsync<NoImageException>(() =>
            new ImageAgent(
                new ScriptedModel("<think>x") { Usage = new UsageDetails { OutputTokenCount = 9 } },
                new SeededGenerator(),
                new ImageAgentOptions { MaxTokens = 9 }).RunAsync(
                "p"));
        spent.Message.ShouldContain("raise MaxTokens");
    }

    [Fact]
    public async Task Cancelling_returns_the_best_image_so_far_or_throws_when_there_is_none()
    {
        using var stop = new CancellationTokenSource();
        var generator = new SeededGenerator
        {
            Instead = async (index, _, cancellation) =>
            {
                if (index == 1)
                {
                    await stop.CancelAsync();
                    cancellation.ThrowIfCancellationRequested();
                }

                return null;
            },
        };
        var result = await new ImageAgent(Restless(), generator).RunAsync("p", stop.Token);
        result.StopReason.ShouldBe(StopReason.Cancelled);
        result.Attempts.Count.ShouldBe(1);

        var failure = await Assert.ThrowsAsync<RunCanceledException>(() => new ImageAgent(Restless(), generator).RunAsync("p", stop.Token));
        failure.CancellationToken.ShouldBe(stop.Token);
        failure.Trajectory.StopReason.ShouldBe(StopReason.Cancelled);
    }

    [Fact]
    public async Task A_candidate_that_was_finished_before_the_cancellation_is_kept()
    {
        using var stop = new CancellationTokenSource();
        var generator = new SeededGenerator
        {
            Instead = async (index, _, cancellation) =>
            {
                if (index == 1)
                {
                    await stop.CancelAsync();
                    cancellation.ThrowIfCancellationRequested();
                }

                return null;
            },
        };
        var result = await new ImageAgent(Restless(), generator, new ImageAgentOptions { CandidatesPerRound = 2 }).RunAsync("p", stop.Token);

        result.StopReason.ShouldBe(StopReason.Cancelled);
        result.Trajectory.Rounds.Single().Images.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_backend_that_breaks_while_being_cancelled_does_not_look_like_a_failure()
    {
        using var stop = new CancellationTokenSource();
        var model = new ScriptedModel(
            _ => new ChatMessage(ChatRole.Assistant, Turns.Call("x")),
            _ =>
            {
                stop.Cancel();
                throw new IOException("socket closed");
            });
        var result = await new ImageAgent(model, new SeededGenerator()).RunAsync("p", stop.Token);

        result.StopReason.ShouldBe(StopReason.Cancelled);
        result.Error.ShouldBeNull();
    }

    [Fact]
    public async Task Cancelled_while_watched_the_last_event_still_brings_the_best_image()
    {
        using var stop = new CancellationTokenSource();
        RunCompletedEvent? last = null;

        // The loop may be some rounds ahead of its watcher: there must be enough left to cancel.
        await foreach (var happened in new ImageAgent(Restless(), new SeededGenerator(), new ImageAgentOptions { MaxRounds = 100 }).RunStreamingAsync(
            "p", stop.Token))
        {
            if (happened is AttemptEvent)
            {
                await stop.CancelAsync();
            }

            last = happened as RunCompletedEvent;
        }

        last!.Result.StopReason.ShouldBe(StopReason.Cancelled);
        last.Result.Best.ShouldNotBeNull();
    }
}

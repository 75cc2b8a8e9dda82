using GenAgent.Agents;
using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Agents;

public sealed class ImageAgentTests
{
    private const string Prompt = "two red circles";

    [Fact]
    public async Task A_run_returns_the_image_that_passed_and_a_trajectory_that_tells_how()
    {
        var model = new ScriptedModel(Turns.Call("a circle"), Turns.Again("two circles"), Turns.Answer())
        {
            Usage = new UsageDetails { InputTokenCount = 10, OutputTokenCount = 5 }
        };
        var generator = new SeededGenerator();
        var result = await new ImageAgent(model, generator, new ImageAgentOptions { Seed = 7 }).RunAsync(Prompt);

        result.StopReason.ShouldBe(StopReason.Answered);
        result.Best.ShouldBe(result.Attempts[1]);
        result.Attempts.Select(attempt => attempt.Verdict).ShouldBe([Verdict.Fail, Verdict.Pass]);
        var trajectory = result.Trajectory;
        trajectory.Prompt.ShouldBe(Prompt);
        trajectory.RootSeed.ShouldBe(7UL);
        trajectory.Model.ShouldBe(new ModelIdentity("script-7b", "scripted", "script-7b-0401"));
        trajectory.Generator.ShouldBe(new ModelIdentity("painter-1", "seeded"));
        trajectory.Rounds.Select(round => round.Call?.Arguments).ShouldBe(["{\"prompt\": \"a circle\"}", "{\"prompt\": \"two circles\"}", null]);
        trajectory.Rounds[1].Thought.ShouldBe("One more circle.");
        trajectory.Rounds[1].Judgment.ShouldBe(new SelfJudgment("One circle is missing.", Verdict.Fail));
        trajectory.Answer.ShouldBe(new FinalAnswer(result.Attempts[1].Reference.Id, 1, ChoiceRule.Passed, "Done."));
        trajectory.Tokens.ShouldBe(new TokenUsage(30, 15));
        trajectory.ImageRounds.ShouldBe(2);
    }

    [Fact]
    public async Task The_model_sees_each_image_in_the_next_user_turn()
    {
        var model = new ScriptedModel(Turns.Call("a circle"), Turns.Answer());
        var result = await new ImageAgent(model, new SeededGenerator()).RunAsync(Prompt);

        model.Requests[0].Messages.Select(message => message.Role).ShouldBe([ChatRole.System, ChatRole.User]);
        model.Requests[0].LastText.ShouldBe(Prompt);
        model.Requests[1].LastText.ShouldBe("<tool_response>\n[image]\n</tool_response>");
        model.Requests[1].Messages[^1].Role.ShouldBe(ChatRole.User);
        model.Requests[1].Messages[^1].Contents.ShouldContain(result.Image);
    }

    [Fact]
    public async Task Messages_go_back_to_the_model_as_the_objects_it_returned_so_that_no_text_is_encoded_twice()
    {
        var first = new ChatMessage(ChatRole.Assistant, Turns.Call("a circle"));
        var model = new ScriptedModel(_ => first, _ => new ChatMessage(ChatRole.Assistant, Turns.Answer()));
        await new ImageAgent(model, new SeededGenerator()).RunAsync(Prompt);

        model.Requests[1].Messages[2].ShouldBeSameAs(first);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_trace_is_kept_and_handed_back_with_the_message_that_ends_it(bool streaming)
    {
        var model = new ScriptedModel(Turns.Call("a circle"), Turns.Answer())
        {
            Decorate = (response, request) => response.WithTokenTrace(new TokenTrace([1, 2, request.Index], [0, 0, -0.5f], [false, false, true])),
        };
        var agent = new ImageAgent(model, new SeededGenerator());
        var result = streaming ? (await WatchAsync(agent)).OfType<RunCompletedEvent>().Single().Result : await agent.RunAsync(Prompt);

        model.Requests[1].Messages[2].GetTokenTrace()!.Ids.ShouldBe([1, 2, 0]);
        result.Trajectory.Trace!.Ids.ShouldBe([1, 2, 1]);
        result.Trajectory.Trace.LogProbs.ShouldBe([0, 0, -0.5f]);
    }

    [Fact]
    public async Task Who_watches_sees_every_part_of_the_run_in_order_and_text_as_it_comes()
    {
        var model = new ScriptedModel(Turns.Call("a circle"), Turns.Answer());
        var events = await WatchAsync(new ImageAgent(model, new SeededGenerator()));

        events.Where(happened => happened is not TextDeltaEvent).Select(happened => happened.GetType().Name).ShouldBe(
        [
            nameof(RunStartedEvent), nameof(ThoughtEvent), nameof(CallEvent), nameof(ProgressEvent), nameof(ImageEvent), nameof(AttemptEvent),
            nameof(JudgmentEvent), nameof(AnswerEvent), nameof(RunCompletedEvent),
        ]);
        var thought = events.OfType<TextDeltaEvent>().Where(delta => delta is { Section: TurnSection.Thought, Round: 0 }).ToArray();
        thought.Length.ShouldBeGreaterThan(1);
        string.Concat(thought.Select(delta => delta.Text)).ShouldBe("Let me think.");
    }

    [Fact]
    public async Task Watched_or_not_a_run_ends_in_the_same_trajectory()
    {
        var options = new ImageAgentOptions { Seed = 3 };
        ScriptedModel Model() => new(Turns.Call("a circle"), "<think>oops", Turns.Again("two circles"), Turns.Answer("image 1"));
        var plain = await new ImageAgent(Model(), new SeededGenerator(), options).RunAsync(Prompt);
        var watched = (await WatchAsync(new ImageAgent(Model(), new SeededGenerator(), options))).OfType<RunCompletedEvent>().Single().Result;

        watched.Trajectory.Rounds.Select(round => round.Text).ShouldBe(plain.Trajectory.Rounds.Select(round => round.Text));
        watched.Trajectory.Faults.ShouldBe(plain.Trajectory.Faults);
        watched.Trajectory.Answer.ShouldBe(plain.Trajectory.Answer);
    }

    [Fact]
    public async Task Leaving_the_enumeration_early_cancels_the_run()
    {
        var cancelled = new TaskCompletionSource();
        var generator = new SeededGenerator
        {
            Instead = async (_, _, cancellation) =>
            {
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellation);
                }
                catch (OperationCanceledException)
                {
                    cancelled.SetResult();
                    throw;
                }

                return null;
            },
        };
        await foreach (var happened in new ImageAgent(new ScriptedModel(Turns.Call("x")), generator).RunStreamingAsync(Prompt))
        {
            if (happened is CallEvent)
            {
                break;
            }
        }

        cancelled.Task.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_thousand_runs_at_once_on_one_agent_do_not_disturb_each_other()
    {
        var model = new ScriptedModel(
            request => new ChatMessage(ChatRole.Assistant, Turns.Call($"draw {request.Messages[1].Text}")),
            _ => new ChatMessage(ChatRole.Assistant, Turns.Answer()));
        var agent = new ImageAgent(model, new SeededGenerator(), new ImageAgentOptions { DecodeImages = false });
        var results = await Task.WhenAll(Enumerable.Range(0, 1000).Select(index => Task.Run(() => agent.RunAsync($"prompt {index}"))));

        results.Select(result => result.Attempts.Single().Prompt).ShouldBe(Enumerable.Range(0, 1000).Select(index => $"draw prompt {index}"));
        results.Select(result => result.Trajectory.Id).Distinct().Count().ShouldBe(1000);
    }

    private static async Task<List<AgentEvent>> WatchAsync(ImageAgent agent)
    {
        var events = new List<AgentEvent>();
        await foreach (var happened in agent.RunStreamingAsync(Prompt))
        {
            events.Add(happened);
        }

        return events;
    }
}

using GenAgent.EngineStubs;
using GenAgent.Models;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using SkiaSharp;

namespace GenAgent.Engines.Tests;

public sealed class FaultTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StubEngine.Vllm)]
    [InlineData(StubEngine.Sglang)]
    public async Task A_replica_that_breaks_off_in_mid_answer_loses_nothing(StubEngine engine)
    {
        await using var there = await TestEngine.StartAsync(engine, replicas: 2);
        await using var sound = await TestEngine.StartAsync(engine);
        var expected = await TestEngine.TalkAsync(sound.Client);

        var trace = await TestEngine.TalkAsync(there.Client, afterTurn: _ =>
        {
            foreach (var server in there.Servers) server.Faults.Set(StubFault.BreakOff, 1);
            return Task.CompletedTask;
        });

        trace.Ids.ShouldBe(expected.Ids);
        trace.Turns.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(StubFault.BreakOff)]
    [InlineData(StubFault.Overloaded)]
    public async Task The_only_replica_is_asked_again_once_it_is_up(StubFault fault)
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm);
        there.Server.Faults.Set(fault, 2);

        var response = await there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled);

        response.GetTokenTrace().ShouldNotBeNull();
        there.Client.Pool.Replicas[0].Fault.ShouldBeNull();
    }

    [Fact]
    public async Task A_replica_that_stays_away_ends_the_call_and_is_named()
    {
        using var client = new EngineChatClient(TestEngine.OptionsOf(StubEngine.Vllm, [new("http://127.0.0.1:9")]));

        var fault = await Should.ThrowAsync<BackendUnavailableException>(() => client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled));

        fault.Message.ShouldContain("nothing listens at http://127.0.0.1:9");
    }

    [Fact]
    public async Task Versions_that_change_between_turns_and_within_one_are_noted_by_turn()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Sglang, stub => stub with { Version = "3" });

        var trace = await TestEngine.TalkAsync(there.Client, afterTurn: turn =>
        {
            there.Server.Faults.Set(turn == 0 ? StubFault.ChangeVersion : StubFault.SplitVersion, 1);
            return Task.CompletedTask;
        });

        trace.Turns.Select(turn => turn.PolicyVersion).ShouldBe(["3", "4", "4,4+"]);
    }

    [Fact]
    public async Task A_version_that_the_answers_do_not_tell_comes_from_who_set_it()
    {
        await using var there = await TestEngine.StartAsync(
            StubEngine.Vllm, stub => stub with { IsOld = true }, client => client with { PolicyVersion = address => $"of {address.Port}" });

        var trace = await TestEngine.TalkAsync(there.Client);

        trace.Turns.ShouldAllBe(turn => turn.PolicyVersion == $"of {there.Server.Address.Port}");
    }

    [Theory]
    [InlineData(StubEngine.Vllm, StubFault.OtherPromptIds, "ids do not continue")]
    [InlineData(StubEngine.Sglang, StubFault.OtherPromptIds, "ids do not continue")]
    [InlineData(StubEngine.Vllm, StubFault.WrongPads, "puts 10 pads for image 1, which has 9 features")]
    [InlineData(StubEngine.Sglang, StubFault.WrongPads, "used a prompt of")]
    [InlineData(StubEngine.Vllm, StubFault.MissingLogProb, "log-probabilities")]
    [InlineData(StubEngine.Sglang, StubFault.MissingLogProb, "log-probabilities")]
    [InlineData(StubEngine.Vllm, StubFault.Garbage, "what is no JSON")]
    [InlineData(StubEngine.Sglang, StubFault.Garbage, "what is no JSON")]
    public async Task What_makes_a_trace_wrong_ends_that_rollout_and_no_other(StubEngine engine, StubFault fault, string message)
    {
        await using var there = await TestEngine.StartAsync(engine);
        List<ChatMessage> messages = [new(ChatRole.User, [new TextContent("two circles "), TestEngine.Picture(SKColors.Red)])];
        there.Server.Faults.Set(fault, 1);

        var wrong = await Should.ThrowAsync<BackendAnswerException>(() => there.Client.GetResponseAsync(messages, cancellationToken: Cancelled));
        var other = await there.Client.GetResponseAsync(messages, cancellationToken: Cancelled);

        wrong.Message.ShouldContain(message);
        wrong.Message.ShouldContain(there.Server.Address.Authority);
        other.GetTokenTrace().ShouldNotBeNull();
        there.Client.Pool.Replicas[0].Fault.ShouldBeNull();
    }

    [Fact]
    public async Task An_old_SGLang_that_puts_other_pads_is_found_out_by_the_count_of_its_prompt()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Sglang, stub => stub with { IsOld = true });
        there.Server.Faults.Set(StubFault.WrongPads, 1);

        var wrong = await Should.ThrowAsync<BackendAnswerException>(() => there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled));

        wrong.Message.ShouldMatch("computed with a prompt of [0-9]+ tokens, but it was sent one of [0-9]+");
    }

    [Fact]
    public async Task Ids_of_an_earlier_turn_that_were_changed_are_found_out_before_anything_is_sent()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm);
        var messages = TestEngine.Hello();
        for (var turn = 0; turn < 2; turn++)
        {
            var response = await there.Client.GetResponseAsync(messages, cancellationToken: Cancelled);
            messages.AddRange(response.Messages);
            messages.Add(new ChatMessage(ChatRole.User, "again"));
        }

        var trace = messages[1].GetTokenTrace()!;
        messages[1].WithTokenTrace(trace with { Ids = [.. trace.Ids.SkipLast(1), 0] });
        var before = there.Server.Record.Calls.Count;

        var wrong = await Should.ThrowAsync<BackendAnswerException>(() => there.Client.GetResponseAsync(messages, cancellationToken: Cancelled));

        wrong.Message.ShouldContain("A later turn of the conversation has id");
        there.Server.Record.Calls.Count.ShouldBe(before);
    }

    [Theory]
    [InlineData(StubEngine.Vllm)]
    [InlineData(StubEngine.Sglang)]
    public async Task An_image_that_a_later_turn_has_lost_is_told_with_both_numbers(StubEngine engine)
    {
        await using var there = await TestEngine.StartAsync(engine);
        List<ChatMessage> messages = [new(ChatRole.User, [new TextContent("two circles "), TestEngine.Picture(SKColors.Red)])];
        messages.AddRange((await there.Client.GetResponseAsync(messages, cancellationToken: Cancelled)).Messages);
        messages.Add(new ChatMessage(ChatRole.User, "again"));
        messages[0].Contents.RemoveAt(1);

        var wrong = await Should.ThrowAsync<BackendAnswerException>(() => there.Client.GetResponseAsync(messages, cancellationToken: Cancelled));

        wrong.Message.ShouldContain("9 image pads, but its 0 images have 0 features");
    }

    [Fact]
    public async Task An_endless_answer_ends_at_the_limit_of_its_size()
    {
        await using var there = await TestEngine.StartAsync(
            StubEngine.Sglang, client: client => client with { Http = client.Http with { MaxResponseBytes = 1 << 20 } });
        there.Server.Faults.Set(StubFault.Endless, 1);

        var wrong = await Should.ThrowAsync<BackendAnswerException>(() => there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled));

        wrong.Message.ShouldContain("Http:MaxResponseBytes");
    }

    [Theory]
    [InlineData(StubEngine.Vllm)]
    [InlineData(StubEngine.Sglang)]
    public async Task A_refusal_is_told_in_the_servers_words_and_is_not_tried_again(StubEngine engine)
    {
        await using var there = await TestEngine.StartAsync(engine, replicas: 2);
        foreach (var server in there.Servers) server.Faults.Set(StubFault.Refuse, 1);

        var refused = await Should.ThrowAsync<BackendRejectedException>(() => there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled));

        refused.Message.ShouldContain("this request is not taken");
        there.Servers.Count(server => server.Faults.IsOn(StubFault.Refuse)).ShouldBe(1);
    }

    [Fact]
    public async Task A_slow_replica_is_left_for_another_one()
    {
        var time = new FakeTimeProvider();
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, replicas: 2, time: time);
        var pool = there.Client.Pool;
        await there.Client.GetResponseAsync(TestEngine.Hello("warm"), new ChatOptions { MaxOutputTokens = 1 }, Cancelled);
        await there.Client.GetResponseAsync(TestEngine.Hello("up"), new ChatOptions { MaxOutputTokens = 1 }, Cancelled);
        there.Servers[0].Faults.Delay = TimeSpan.FromHours(1);

        for (var i = 0; i < 2; i++)
        {
            var response = there.Client.GetResponseAsync(TestEngine.Hello($"{i}"), new ChatOptions { MaxOutputTokens = 1 }, Cancelled);

            // The clock stands while the other replica answers.
            await Until.TrueAsync(
                () =>
                {
                    if (pool.Replicas[0].InFlight > 0) time.Advance(TimeSpan.FromMinutes(1));
                    return response.IsCompleted;
                },
                "the slow replica is given up and the other one answers");
            (await response).GetTokenTrace().ShouldNotBeNull();
        }

        pool.Replicas[0].Fault!.ShouldContain("did not answer in time");
    }

    [Fact]
    public async Task A_wrong_key_is_told_and_a_right_one_is_sent()
    {
        await using var without = await TestEngine.StartAsync(StubEngine.Sglang, stub => stub with { ApiKey = "k1" });
        await using var with = await TestEngine.StartAsync(
            StubEngine.Sglang, stub => stub with { ApiKey = "k1" }, client => client with { ApiKey = _ => "k1" });

        await Should.ThrowAsync<BackendAuthenticationException>(() => without.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled));
        (await with.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled)).GetTokenTrace().ShouldNotBeNull();
    }

    [Theory]
    [InlineData(StubEngine.Sglang, StubEngine.Vllm, "no /inference/v1/generate (its version: unknown). Rollouts by token ids with images need vLLM 0.18")]
    [InlineData(StubEngine.Vllm, StubEngine.Sglang, "no /generate: SGLang's own API is needed")]
    public async Task A_server_that_is_another_is_told_with_what_is_needed(StubEngine served, StubEngine expected, string message)
    {
        await using var there = await TestEngine.StartAsync(served);
        using var client = new EngineChatClient(TestEngine.OptionsOf(expected, [there.Server.Address]));

        var wrong = await Should.ThrowAsync<BackendRejectedException>(() => client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled));

        wrong.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData(StubEngine.Vllm)]
    [InlineData(StubEngine.Sglang)]
    public async Task A_server_with_another_tokenizer_is_told_before_its_ids_are_taken(StubEngine engine)
    {
        await using var there = await TestEngine.StartAsync(engine);
        there.Server.Faults.Set(StubFault.OtherTokenizer);

        var wrong = await Should.ThrowAsync<BackendRejectedException>(() => there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled));

        wrong.Message.ShouldContain($"has another tokenizer than {TestEngine.Folder}");
        there.Server.Record.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_SGLang_that_knows_neither_seeds_nor_bias_gets_requests_without_them()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Sglang);
        await using var sound = await TestEngine.StartAsync(StubEngine.Sglang);
        there.Server.Faults.Set(StubFault.RefuseNewSettings);
        var options = new ChatOptions { Temperature = 0, Seed = 3 };

        var trace = await TestEngine.TalkAsync(there.Client, options);

        trace.Ids.ShouldBe((await TestEngine.TalkAsync(sound.Client, options)).Ids);
        there.Server.Record.Calls.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_leaves_its_replica_free()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm);
        await there.Server.Context.Model.Gate.CloseAsync();
        using var cancel = new CancellationTokenSource();
        var running = there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: cancel.Token);
        await Until.TrueAsync(() => there.Server.Record.Calls.Count > 0, "the call has reached the replica");

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => running);
        there.Client.Pool.Replicas[0].InFlight.ShouldBe(0);
        there.Client.Pool.Replicas[0].Fault.ShouldBeNull();
    }

    [Fact]
    public async Task A_name_that_the_server_does_not_know_is_told_in_its_words()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, client: client => client with { Model = "other" });

        var wrong = await Should.ThrowAsync<BackendRejectedException>(() => there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled));

        wrong.Message.ShouldContain("The model `other` does not exist.");
    }

    [Fact]
    public async Task A_conversation_that_can_never_fit_is_told_as_such()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm);

        await Should.ThrowAsync<ContextLengthException>(
            () => there.Client.GetResponseAsync(TestEngine.Hello(), new ChatOptions { MaxOutputTokens = 5000 }, Cancelled));
    }
}

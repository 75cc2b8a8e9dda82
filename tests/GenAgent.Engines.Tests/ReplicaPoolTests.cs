using GenAgent.EngineStubs;
using GenAgent.Models;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Engines.Tests;

public sealed class ReplicaPoolTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_64_conversations_each_stays_on_its_replica_and_each_replica_gets_its_share()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, replicas: 4);
        var options = new ChatOptions { MaxOutputTokens = 3 };

        await Task.WhenAll(Enumerable.Range(0, 64).Select(async i =>
        {
            List<ChatMessage> messages = [new(ChatRole.User, $"number {i}")];
            for (var turn = 0; turn < 3; turn++)
            {
                messages.AddRange((await there.Client.GetResponseAsync(messages, options, Cancelled)).Messages);
                messages.Add(new ChatMessage(ChatRole.User, "again"));
            }
        }));

        there.Client.Pool.Replicas.Select(replica => replica.Conversations).ShouldAllBe(count => count == 16);
        there.Client.Pool.Replicas.ShouldAllBe(replica => replica.InFlight == 0);
        foreach (var server in there.Servers)
        {
            // Every conversation that began here was continued here: its longer prompts begin with those that came before.
            var prompts = server.Record.Calls.Select(call => call.PromptIds).ToList();
            prompts.Count.ShouldBe(48);
            prompts.Count(prompt => prompts.Exists(longer => longer.Count > prompt.Count && longer.Take(prompt.Count).SequenceEqual(prompt))).ShouldBe(32);
        }
    }

    [Fact]
    public async Task A_prompt_that_comes_again_goes_where_its_keys_and_values_are_if_all_are_as_busy()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Sglang, replicas: 3);
        var options = new ChatOptions { MaxOutputTokens = 1 };

        for (var i = 0; i < 3; i++)
        {
            await there.Client.GetResponseAsync(TestEngine.Hello("the same"), options, Cancelled);
            await there.Client.GetResponseAsync(TestEngine.Hello($"another {i}"), options, Cancelled);
        }

        var same = there.Servers[0].Record.Calls[0].PromptIds;
        there.Servers[0].Record.Calls.Count(call => call.PromptIds.SequenceEqual(same)).ShouldBe(3);
    }

    [Fact]
    public async Task A_replica_that_is_drained_ends_what_it_has_and_gets_nothing_until_it_is_restored()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, replicas: 2);
        var (pool, first) = (there.Client.Pool, there.Servers[0]);
        await first.Context.Model.Gate.CloseAsync();
        var running = there.Client.GetResponseAsync(TestEngine.Hello("one"), cancellationToken: Cancelled);
        await Until.TrueAsync(() => pool.Replicas[0].InFlight > 0, "the first replica has a call");

        var drained = pool.DrainAsync(pool.Replicas[0].Address, Cancelled);
        drained.IsCompleted.ShouldBeFalse();
        for (var i = 0; i < 3; i++) await there.Client.GetResponseAsync(TestEngine.Hello($"{i}"), cancellationToken: Cancelled);
        there.Servers[1].Record.Calls.Count.ShouldBe(3);
        first.Context.Model.Gate.Open();
        await running;
        await drained;
        first.Record.Calls.Count.ShouldBe(1);

        pool.Restore(pool.Replicas[0].Address);
        await there.Client.GetResponseAsync(TestEngine.Hello("last"), cancellationToken: Cancelled);
        first.Record.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Requests_wait_while_every_replica_is_drained()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Sglang);
        await there.Client.Pool.DrainAsync(there.Client.Pool.Replicas[0].Address, Cancelled);

        var waiting = there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled);
        there.Server.Record.Calls.ShouldBeEmpty();
        waiting.IsCompleted.ShouldBeFalse();

        there.Client.Pool.Restore(there.Client.Pool.Replicas[0].Address);
        (await waiting).GetTokenTrace().ShouldNotBeNull();
    }

    [Fact]
    public async Task A_wait_for_replicas_that_never_come_back_ends_at_the_time_limit()
    {
        await using var there = await TestEngine.StartAsync(
            StubEngine.Sglang, client: client => client with { Http = client.Http with { TotalTimeout = TimeSpan.FromMilliseconds(200) } });
        await there.Client.Pool.DrainAsync(there.Client.Pool.Replicas[0].Address, Cancelled);

        var fault = await Should.ThrowAsync<BackendUnavailableException>(() => there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled));

        fault.Message.ShouldContain("did not answer within 0.2 s (Http:TotalTimeout)");
        fault.Message.ShouldContain("taken out");
    }

    [Fact]
    public async Task A_conversation_that_is_streamed_stays_on_its_replica_too()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, replicas: 3);
        var options = new ChatOptions { MaxOutputTokens = 2 };
        for (var conversation = 0; conversation < 3; conversation++)
        {
            List<ChatMessage> messages = [new(ChatRole.User, $"number {conversation}")];
            for (var turn = 0; turn < 3; turn++)
            {
                var response = await there.Client.GetStreamingResponseAsync(messages, options, Cancelled).ToChatResponseAsync(Cancelled);
                messages.AddRange(response.Messages);
                messages.Add(new ChatMessage(ChatRole.User, "again"));
            }
        }

        there.Servers.Select(server => server.Record.Calls.Count).ShouldBe([3, 3, 3]);
    }

    [Fact]
    public async Task A_replica_that_is_down_is_left_alone_until_its_health_check_succeeds()
    {
        var time = new FakeTimeProvider();
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, replicas: 2, time: time);
        var down = there.Servers[0];
        down.Faults.Set(StubFault.Overloaded);
        down.Faults.Set(StubFault.Unhealthy);
        var replica = there.Client.Pool.Replicas[0];
        var options = new ChatOptions { MaxOutputTokens = 1 };

        await there.Client.GetResponseAsync(TestEngine.Hello("0"), options, Cancelled);
        replica.Fault!.ShouldContain("overloaded");
        time.Advance(TimeSpan.FromSeconds(3));
        await there.Client.GetResponseAsync(TestEngine.Hello("1"), options, Cancelled);
        await replica.Check!;
        replica.Fault.ShouldNotBeNull();

        down.Faults.Set(StubFault.Overloaded, 0);
        down.Faults.Set(StubFault.Unhealthy, 0);
        await there.Client.GetResponseAsync(TestEngine.Hello("2"), options, Cancelled);
        replica.Fault.ShouldNotBeNull("it still rests");
        time.Advance(TimeSpan.FromMinutes(2));
        await there.Client.GetResponseAsync(TestEngine.Hello("3"), options, Cancelled);
        await replica.Check!;
        replica.Fault.ShouldBeNull();
        await there.Client.GetResponseAsync(TestEngine.Hello("4"), options, Cancelled);
        down.Record.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Requests_that_break_off_together_are_one_fault_and_rest_the_replica_once()
    {
        var time = new FakeTimeProvider();
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, replicas: 2, time: time);
        var (pool, replica) = (there.Client.Pool, there.Client.Pool.Replicas[0]);
        var gone = new BackendUnavailableException("gone");

        pool.Failed(pool.Replicas[1], gone);
        for (var i = 0; i < 5; i++) pool.Failed(replica, gone);
        var first = replica.DownUntil - time.GetUtcNow();
        first.ShouldBe(pool.Replicas[1].DownUntil - time.GetUtcNow());
        time.Advance(first);
        pool.Failed(replica, gone);

        (replica.DownUntil - time.GetUtcNow()).ShouldBe(2 * first);
    }

    [Fact]
    public async Task A_replica_that_comes_back_may_be_another_server_and_is_asked_anew()
    {
        var time = new FakeTimeProvider();
        await using var there = await TestEngine.StartAsync(StubEngine.Sglang, replicas: 2, time: time);
        var (replica, server) = (there.Client.Pool.Replicas[0], there.Servers[0]);
        var options = new ChatOptions { MaxOutputTokens = 1 };
        for (var i = 0; i < 2; i++) await there.Client.GetResponseAsync(TestEngine.Hello($"{i}"), options, Cancelled);
        there.Client.Pool.Failed(replica, new BackendUnavailableException("gone"));
        server.Faults.Set(StubFault.OtherTokenizer);
        time.Advance(TimeSpan.FromMinutes(2));
        await there.Client.GetResponseAsync(TestEngine.Hello("2"), options, Cancelled);
        await replica.Check!;
        replica.Fault.ShouldBeNull();

        var wrong = await Should.ThrowAsync<BackendRejectedException>(async () =>
        {
            for (var i = 3; i < 6; i++) await there.Client.GetResponseAsync(TestEngine.Hello($"{i}"), options, Cancelled);
        });
        wrong.Message.ShouldContain("has another tokenizer");
    }

    [Fact]
    public async Task A_server_that_asks_for_a_longer_wait_than_is_allowed_is_left_for_another_and_ends_the_call_where_there_is_none()
    {
        await using var two = await TestEngine.StartAsync(StubEngine.Vllm, replicas: 2);
        await using var one = await TestEngine.StartAsync(StubEngine.Vllm);
        two.Servers[0].Faults.Set(StubFault.RateLimited);
        one.Server.Faults.Set(StubFault.RateLimited);

        (await two.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled)).GetTokenTrace().ShouldNotBeNull();
        var limited = await Should.ThrowAsync<RateLimitException>(
            () => one.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled).WaitAsync(TimeSpan.FromMinutes(1), Cancelled));
        limited.RetryAfter.ShouldBe(TimeSpan.FromHours(1));
    }

    [Fact]
    public void Addresses_are_named_once_and_at_least_one()
    {
        Should.Throw<ArgumentException>(() => new EngineChatClient(TestEngine.OptionsOf(StubEngine.Vllm, [])));
        Should.Throw<ArgumentException>(() => new EngineChatClient(TestEngine.OptionsOf(StubEngine.Vllm, [new("http://a:1"), new("http://a:1")])));
    }
}

using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GenAgent.Engines.Weights;
using GenAgent.EngineStubs;
using GenAgent.Models;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Engines.Tests.Weights;

/// <summary>Weights that go to replicas over the wire, and updates that fail half-way.</summary>
public sealed class RolloutEngineTests : IDisposable
{
    private readonly TestWeights _weights = new();

    public void Dispose() => _weights.Dispose();

    [Theory]
    [InlineData(StubEngine.Vllm, false)]
    [InlineData(StubEngine.Vllm, true)]
    [InlineData(StubEngine.Sglang, false)]
    [InlineData(StubEngine.Sglang, true)]
    public async Task Both_replicas_sample_with_the_newest_weights_and_say_so_in_every_turn(StubEngine kind, bool isAdapter)
    {
        await using var engine = await EngineUnderTraining.StartAsync(kind, isAdapter: isAdapter);
        await engine.Rollouts.CheckAsync(Cancelled);
        foreach (var version in (int[])[1, 2])
        {
            var weights = _weights.Write(version, isAdapter);
            await engine.Rollouts.UpdateAsync(weights, Cancelled);

            var expected = await TestWeights.SayAsync(weights);
            foreach (var said in await engine.TalkOnEachAsync())
            {
                said.Ids.ShouldBe(expected.Ids);
                said.LogProbs.Zip(expected.LogProbs).Max(pair => Math.Abs(pair.First - pair.Second)).ShouldBeLessThan(1e-4f);
                said.Turns.Select(turn => turn.PolicyVersion).ShouldBe(Enumerable.Repeat(weights.Version, 3));
            }
        }

        engine.Servers.ShouldAllBe(server => server.Context.Model.Version == "2" && !server.Context.Model.Gate.IsClosed && server.Record.Calls.Count > 0);
        engine.Notices.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_update_waits_for_the_turns_under_way_and_holds_new_ones_back()
    {
        await using var engine = await EngineUnderTraining.StartAsync(StubEngine.Vllm);
        await engine.Rollouts.UpdateAsync(_weights.Write(1), Cancelled);

        Task<ChatResponse>[] before = [.. Enumerable.Range(0, 6).Select(i => engine.Rollouts.Client.GetResponseAsync(TestEngine.Hello($"{i}")))];
        var update = engine.Rollouts.UpdateAsync(_weights.Write(2), Cancelled);
        Task<ChatResponse>[] after = [.. Enumerable.Range(0, 6).Select(i => engine.Rollouts.Client.GetResponseAsync(TestEngine.Hello($"{i}")))];
        await update;

        (await Task.WhenAll(before)).Select(VersionOf).Distinct().ShouldBe(["1"]);
        (await Task.WhenAll(after)).Select(VersionOf).Distinct().ShouldBe(["2"]);
    }

    [Theory]
    [InlineData(StubEngine.Vllm, StubFault.BreakUpdate, false)]
    [InlineData(StubEngine.Vllm, StubFault.RefuseUpdate, false)]
    [InlineData(StubEngine.Vllm, StubFault.RefuseUpdate, true)]
    [InlineData(StubEngine.Sglang, StubFault.BreakUpdate, false)]
    [InlineData(StubEngine.Sglang, StubFault.RefuseUpdate, false)]
    [InlineData(StubEngine.Sglang, StubFault.RefuseUpdate, true)]
    public async Task An_update_that_fails_half_way_once_is_done_again(StubEngine kind, StubFault fault, bool isAdapter)
    {
        await using var engine = await EngineUnderTraining.StartAsync(kind, isAdapter: isAdapter);
        engine.Servers[1].Faults.Set(fault, 1);

        await engine.Rollouts.UpdateAsync(_weights.Write(1, isAdapter), Cancelled);

        engine.Servers.ShouldAllBe(server => server.Context.Model.Version == "1" && !server.Context.Model.Gate.IsClosed);
        engine.Notices.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(StubEngine.Vllm, StubFault.OldVersion, false, "says that it samples with version \"default\" after the update to version \"1\"")]
    [InlineData(StubEngine.Vllm, StubFault.OldVersion, true, "says that it samples with version \"default\" after the update to version \"1\"")]
    [InlineData(StubEngine.Vllm, StubFault.StayPaused, false, "is still paused")]
    [InlineData(StubEngine.Vllm, StubFault.RefuseUpdate, false, "CUDA out of memory")]
    [InlineData(StubEngine.Sglang, StubFault.OldVersion, false, "says that it samples with version \"default\" after the update to version \"1\"")]
    [InlineData(StubEngine.Sglang, StubFault.RefuseUpdate, false, "CUDA out of memory")]
    public async Task A_replica_that_does_not_take_the_weights_gets_no_turns_until_it_does(StubEngine kind, StubFault fault, bool isAdapter, string expected)
    {
        await using var engine = await EngineUnderTraining.StartAsync(kind, isAdapter: isAdapter);
        engine.Servers[1].Faults.Set(fault);

        await engine.Rollouts.UpdateAsync(_weights.Write(1, isAdapter), Cancelled);
        var calls = engine.Servers[1].Record.Calls.Count;
        var said = await engine.TalkOnEachAsync();

        said.ShouldAllBe(trace => trace.Turns.All(turn => turn.PolicyVersion == "1"));
        engine.Servers[1].Record.Calls.Count.ShouldBe(calls, "it samples with other weights");
        var notice = engine.Notices.ShouldHaveSingleItem();
        notice.ShouldContain(expected);
        notice.ShouldContain(engine.Servers[1].Address.Authority);

        engine.Servers[1].Faults.Set(fault, 0);
        await engine.Rollouts.UpdateAsync(_weights.Write(2, isAdapter), Cancelled);

        engine.Servers.ShouldAllBe(server => server.Context.Model.Version == "2" && !server.Context.Model.Gate.IsClosed);
        engine.Notices[^1].ShouldContain("is used again");
        (await engine.TalkOnEachAsync()).ShouldAllBe(trace => trace.Turns.All(turn => turn.PolicyVersion == "2"));
    }

    [Fact]
    public async Task Where_no_replica_takes_the_weights_the_error_names_each_and_why()
    {
        await using var engine = await EngineUnderTraining.StartAsync(StubEngine.Vllm);
        engine.Servers[0].Faults.Set(StubFault.OldVersion);
        engine.Servers[1].Faults.Set(StubFault.RefuseUpdate);

        var failure = await Should.ThrowAsync<BackendException>(() => engine.Rollouts.UpdateAsync(_weights.Write(1), Cancelled));

        failure.Message.ShouldStartWith("No replica samples with the weights of version 1");
        foreach (var part in (string[])[engine.Servers[0].Address.Authority, "\"default\"", engine.Servers[1].Address.Authority, "CUDA out of memory"])
            failure.Message.ShouldContain(part);
    }

    [Theory]
    [InlineData(StubEngine.Vllm, "pause?mode=wait", "start_weight_update")]
    [InlineData(StubEngine.Vllm, "pause?mode=keep", "start_weight_update", "update_weights")]
    [InlineData(StubEngine.Vllm, "start_weight_update", "update_weights")]
    [InlineData(StubEngine.Vllm, "pause")]
    [InlineData(StubEngine.Sglang, "pause_generation")]
    [InlineData(StubEngine.Sglang, "pause_generation", "update_weights_from_disk")]
    public async Task What_a_killed_run_has_left_half_done_does_not_keep_the_next_one_from_beginning(StubEngine kind, params string[] calls)
    {
        await using var engine = await EngineUnderTraining.StartAsync(kind);
        var killed = _weights.Write(7);
        using var http = new HttpClient();
        foreach (var call in calls)
        {
            var body = call switch
            {
                "update_weights" => new JsonObject { ["update_info"] = new JsonObject { ["path"] = killed.Folder } },
                "update_weights_from_disk" => new JsonObject { ["model_path"] = killed.Folder, ["weight_version"] = "7" },
                _ => [],
            };
            (await http.PostAsJsonAsync(new Uri(engine.Servers[1].Address, call), body, Cancelled)).EnsureSuccessStatusCode();
        }

        var weights = _weights.Write(1);
        await engine.Rollouts.UpdateAsync(weights, Cancelled);

        var expected = await TestWeights.SayAsync(weights);
        (await engine.TalkOnEachAsync()).ShouldAllBe(trace => trace.Ids.SequenceEqual(expected.Ids) && trace.Turns.All(turn => turn.PolicyVersion == "1"));
        engine.Servers.ShouldAllBe(server => server.Record.Calls.Count > 0);
    }

    [Fact]
    public async Task A_replica_that_never_answers_an_update_is_given_up_after_the_time_limit()
    {
        await using var engine = await EngineUnderTraining.StartAsync(
            StubEngine.Vllm, replicas: 1, client: options => options with { Http = options.Http with { AttemptTimeout = TimeSpan.FromSeconds(1) } });
        engine.Servers[0].Faults.Set(StubFault.HangUpdate);

        var failure = await Should.ThrowAsync<BackendException>(() => engine.Rollouts.UpdateAsync(_weights.Write(1), Cancelled));

        failure.Message.ShouldContain("1 s");
    }

    [Fact]
    public async Task A_replica_with_other_weights_is_found_out_by_its_answer_and_brought_to_the_right_ones()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(3) };
        await using var engine = await EngineUnderTraining.StartAsync(StubEngine.Vllm, time: time);
        var weights = _weights.Write(1);
        await engine.Rollouts.UpdateAsync(weights, Cancelled);
        await engine.Servers[0].Context.Model.UpdateAsync(static _ => { }, "default");

        // The clock runs on with every look at it: the replica has rested when it is looked at again.
        List<TokenTrace> said = [];
        await Until.AnyAsync(
            async () =>
            {
                said.AddRange(await engine.TalkOnEachAsync());
                return engine.Servers[0].Context.Model.Version is "1" ? said : null;
            },
            "the replica has the weights again");

        var expected = await TestWeights.SayAsync(weights);
        said.ShouldAllBe(trace => trace.Ids.SequenceEqual(expected.Ids) && trace.Turns.All(turn => turn.PolicyVersion == "1"));
        engine.Notices.ShouldContain(notice => notice.Contains("is used again, with the weights of version 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_without_the_routes_says_how_it_must_be_started()
    {
        await using var engine = await EngineUnderTraining.StartAsync(StubEngine.Sglang, replicas: 1);
        using var client = new EngineChatClient(TestEngine.OptionsOf(StubEngine.Vllm, [engine.Servers[0].Address]));
        using var rollouts = new RolloutEngine(client);

        var failure = await Should.ThrowAsync<BackendException>(() => rollouts.CheckAsync(Cancelled));

        failure.Message.ShouldContain("has no /weight_info. Start vLLM with VLLM_SERVER_DEV_MODE=1");
    }

    [Fact]
    public async Task An_adapter_is_not_loaded_under_the_name_of_the_model_itself()
    {
        await using var engine = await TestEngine.StartAsync(StubEngine.Vllm, client: options => options with { Adapter = "policy" });
        using var rollouts = new RolloutEngine(engine.Client);

        var failure = await Should.ThrowAsync<BackendException>(() => rollouts.UpdateAsync(_weights.Write(1, isAdapter: true), Cancelled));

        failure.Message.ShouldContain("\"policy\"");
    }

    [Fact]
    public async Task A_process_that_dies_between_start_and_finish_costs_nothing_but_itself_and_comes_back_with_the_newest_weights()
    {
        var options = new StubOptions(StubEngine.Vllm, TestEngine.Folder);
        using var stays = await StubProcess.StartAsync(options);
        using var dies = await StubProcess.StartAsync(options);
        List<string> notices = [];
        using var rollouts = new RolloutEngine(new EngineChatClient(TestEngine.OptionsOf(StubEngine.Vllm, [stays.Address, dies.Address])), notices.Add);
        await rollouts.UpdateAsync(_weights.Write(1), Cancelled);
        await dies.SetAsync(StubFault.DieInUpdate);

        var weights = _weights.Write(2);
        await rollouts.UpdateAsync(weights, Cancelled);

        (await dies.WaitForDeathAsync()).ShouldBe(137);
        notices.ShouldHaveSingleItem().ShouldContain(dies.Address.Authority);
        (await TestEngine.TalkAsync(rollouts.Client)).Turns.ShouldAllBe(turn => turn.PolicyVersion == "2");

        using var back = await StubProcess.StartAsync(options with { Port = dies.Address.Port });
        var newest = _weights.Write(3);
        await rollouts.UpdateAsync(newest, Cancelled);

        var expected = await TestWeights.SayAsync(newest);
        var said = await Task.WhenAll(TestEngine.TalkAsync(rollouts.Client), TestEngine.TalkAsync(rollouts.Client));
        said.ShouldAllBe(trace => trace.Ids.SequenceEqual(expected.Ids) && trace.Turns.All(turn => turn.PolicyVersion == "3"));
        rollouts.Pool.Replicas.ShouldAllBe(replica => replica.Fault == null && replica.Conversations > 0);
        notices[^1].ShouldContain("is used again");
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static string? VersionOf(ChatResponse response) => response.GetTokenTrace()!.Turns[^1].PolicyVersion;
}

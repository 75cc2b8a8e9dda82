using GenAgent.EngineStubs;

namespace GenAgent.Engines.Tests;

public sealed class ImageSendingTests
{
    [Fact]
    public async Task Each_image_is_prepared_and_sent_once_and_named_by_its_hash_later()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm);

        await TestEngine.TalkAsync(there.Client);

        Sent(there).ShouldBe([(0, 0), (1, 0), (1, 1)]);
        Prepared(there).ShouldBe([1, 1]);
    }

    [Fact]
    public async Task An_image_that_the_server_has_forgotten_is_sent_again()
    {
        await using var sound = await TestEngine.StartAsync(StubEngine.Vllm);
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm);

        var trace = await TestEngine.TalkAsync(there.Client, afterTurn: turn =>
        {
            there.Server.Faults.Set(StubFault.ForgetImages, turn == 1 ? 1 : 0);
            return Task.CompletedTask;
        });

        trace.Ids.ShouldBe((await TestEngine.TalkAsync(sound.Client)).Ids);
        Sent(there)[^1].ShouldBe((2, 0));
    }

    [Theory]
    [InlineData(StubFault.RefuseHashes)]
    [InlineData(StubFault.NoImageCache)]
    public async Task A_server_that_takes_no_hashes_gets_every_image_and_is_not_asked_twice(StubFault fault)
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm);
        there.Server.Faults.Set(fault);

        await TestEngine.TalkAsync(there.Client);
        await TestEngine.TalkAsync(there.Client);

        Sent(there).ShouldBe([(0, 0), (1, 0), (2, 0), (0, 0), (1, 0), (2, 0)]);
    }

    [Fact]
    public async Task Images_go_with_every_request_where_that_is_asked_for()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, client: client => client with { SendsImagesAlways = true });

        await TestEngine.TalkAsync(there.Client);

        Sent(there).ShouldBe([(0, 0), (1, 0), (2, 0)]);
        Prepared(there).ShouldBe([1, 1]);
    }

    [Fact]
    public async Task Another_conversation_with_the_same_image_names_it_by_its_hash()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm);

        await TestEngine.TalkAsync(there.Client);
        await TestEngine.TalkAsync(there.Client);

        Sent(there).Skip(3).ShouldBe([(0, 0), (0, 1), (0, 2)]);
    }

    [Fact]
    public async Task A_conversation_that_moves_to_another_replica_takes_its_images_along()
    {
        await using var sound = await TestEngine.StartAsync(StubEngine.Vllm);
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, replicas: 2);

        var trace = await TestEngine.TalkAsync(there.Client, afterTurn: async turn =>
        {
            if (turn != 1) return;
            var home = there.Client.Pool.Replicas.Single(replica => replica.Conversations > 0);
            await there.Client.Pool.DrainAsync(home.Address, TestContext.Current.CancellationToken);
        });

        trace.Ids.ShouldBe((await TestEngine.TalkAsync(sound.Client)).Ids);
        there.Servers.SelectMany(server => server.Record.Calls).Where(call => call.Path.EndsWith("generate", StringComparison.Ordinal))
            .Select(call => (call.ImagesSent, call.ImagesNamed)).ShouldBe([(0, 0), (1, 0), (2, 0)]);
    }

    [Fact]
    public async Task SGLang_gets_one_placeholder_and_the_image_itself_for_each_image_while_the_trace_has_its_pads()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Sglang);
        var pad = there.Server.Context.Model.Config.ImageTokenId;

        var trace = await TestEngine.TalkAsync(there.Client);

        there.Server.Record.Calls.Select(call => (call.ImagesSent, call.PromptIds.Count(id => id == pad))).ShouldBe([(0, 0), (1, 1), (2, 2)]);
        trace.Ids.Count(id => id == pad).ShouldBe(18);
    }

    private static List<(int Sent, int Named)> Sent(TestEngine there) =>
        [.. there.Server.Record.Calls.Where(call => call.Path.EndsWith("generate", StringComparison.Ordinal))
            .Select(call => (call.ImagesSent, call.ImagesNamed))];

    private static List<int> Prepared(TestEngine there) =>
        [.. there.Server.Record.Calls.Where(call => call.Path.EndsWith("render", StringComparison.Ordinal)).Select(call => call.ImagesSent)];
}

using GenAgent.EngineStubs;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using SkiaSharp;
using static TorchSharp.torch;

namespace GenAgent.Engines.Tests;

public sealed class TokenExactTests
{
    [Theory]
    [InlineData(StubEngine.Vllm, false)]
    [InlineData(StubEngine.Vllm, true)]
    [InlineData(StubEngine.Sglang, false)]
    [InlineData(StubEngine.Sglang, true)]
    public async Task A_rollout_with_two_images_has_the_ids_and_log_probabilities_of_one_in_this_process(StubEngine engine, bool isOld)
    {
        using var here = Local(TestEngine.Plain);
        await using var there = await TestEngine.StartAsync(engine, stub => stub with { IsOld = isOld, Version = "7" });

        var expected = await TestEngine.TalkAsync(here);
        var actual = await TestEngine.TalkAsync(there.Client);

        actual.Ids.ShouldBe(expected.Ids);
        actual.Sampled.ShouldBe(expected.Sampled);
        actual.LogProbs.Zip(expected.LogProbs).Max(pair => Math.Abs(pair.First - pair.Second)).ShouldBeLessThan(1e-4f);
        actual.Sampled.Count(sampled => sampled).ShouldBeGreaterThan(30);
        actual.Turns.Select(turn => (turn.Start, turn.Count)).ShouldBe(expected.Turns.Select(turn => (turn.Start, turn.Count)));
        actual.Turns.ShouldAllBe(turn => turn.PolicyVersion == (engine == StubEngine.Vllm && isOld ? null : "7"));
    }

    [Theory]
    [InlineData(StubEngine.Vllm, 1.0, null)]
    [InlineData(StubEngine.Vllm, 0.7, StubLogProbs.Processed)]
    [InlineData(StubEngine.Vllm, 1.3, StubLogProbs.Processed)]
    [InlineData(StubEngine.Sglang, 1.0, null)]
    [InlineData(StubEngine.Sglang, 0.7, null)]
    [InlineData(StubEngine.Sglang, 1.3, null)]
    public async Task What_the_trainer_recomputes_is_what_was_reported_at_any_temperature(StubEngine engine, double temperature, StubLogProbs? reported)
    {
        await using var there = await TestEngine.StartAsync(engine, stub => stub with { LogProbs = reported });

        var trace = await TestEngine.TalkAsync(there.Client, new ChatOptions { Temperature = (float)temperature, Seed = 5 });

        trace.Turns.Count.ShouldBe(3);
        trace.Turns.ShouldAllBe(turn => Math.Abs(turn.Sampling!.Temperature!.Value - temperature) < 1e-6);
        var computed = Recomputed(trace, temperature);
        for (var i = 1; i < trace.Ids.Count; i++)
        {
            if (trace.Sampled[i]) Math.Abs(computed[i] - trace.LogProbs[i]).ShouldBeLessThan(1e-4f, $"token {i}");
        }
    }

    [Fact]
    public async Task Sampling_with_a_seed_gives_the_tokens_that_this_process_samples()
    {
        var options = new ChatOptions { Temperature = 1, Seed = 11 };
        using var here = Local(TestEngine.Plain);
        await using var vllm = await TestEngine.StartAsync(StubEngine.Vllm);
        await using var sglang = await TestEngine.StartAsync(StubEngine.Sglang);

        var expected = await TestEngine.TalkAsync(here, options);

        (await TestEngine.TalkAsync(vllm.Client, options)).Ids.ShouldBe(expected.Ids);
        (await TestEngine.TalkAsync(sglang.Client, options)).Ids.ShouldBe(expected.Ids);
    }

    [Fact]
    public async Task The_models_own_bias_is_sent_and_stays_out_of_the_log_probabilities()
    {
        var defaults = GenerationDefaults.Load(TestEngine.Folder) with { MaxTokens = 40 };
        defaults.LogitBias.ShouldNotBeEmpty();
        using var here = Local(defaults);
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, client: client => client with { Sampling = defaults });

        var expected = await TestEngine.TalkAsync(here);
        var actual = await TestEngine.TalkAsync(there.Client);

        actual.Ids.ShouldBe(expected.Ids);
        actual.LogProbs.Zip(expected.LogProbs).Max(pair => Math.Abs(pair.First - pair.Second)).ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public async Task A_stop_sequence_ends_the_answer_as_in_this_process()
    {
        using var here = Local(TestEngine.Plain);
        await using var vllm = await TestEngine.StartAsync(StubEngine.Vllm);
        await using var sglang = await TestEngine.StartAsync(StubEngine.Sglang);
        var open = await here.GetResponseAsync(TestEngine.Hello(), cancellationToken: TestContext.Current.CancellationToken);
        var options = new ChatOptions { StopSequences = [open.Text[4..7]] };

        var expected = await here.GetResponseAsync(TestEngine.Hello(), options, TestContext.Current.CancellationToken);
        foreach (var client in (IChatClient[])[vllm.Client, sglang.Client])
        {
            var actual = await client.GetStreamingResponseAsync(TestEngine.Hello(), options, TestContext.Current.CancellationToken)
                .ToChatResponseAsync(TestContext.Current.CancellationToken);
            actual.Text.ShouldBe(expected.Text);
            actual.FinishReason.ShouldBe(ChatFinishReason.Stop);
            actual.GetTokenTrace()!.Ids.ShouldBe(expected.GetTokenTrace()!.Ids);
            actual.Usage!.OutputTokenCount.ShouldBe(expected.Usage!.OutputTokenCount);
            actual.Usage!.InputTokenCount.ShouldBe(expected.Usage!.InputTokenCount);
        }
    }

    [Theory]
    [InlineData(StubEngine.Vllm)]
    [InlineData(StubEngine.Sglang)]
    public async Task Blank_pixels_change_the_log_probabilities_of_later_turns(StubEngine engine)
    {
        await using var there = await TestEngine.StartAsync(engine);
        List<ChatMessage> Messages(SKColor color) =>
            [new(ChatRole.User, [new TextContent("two red circles "), TestEngine.Picture(color)])];
        var red = await there.Client.GetResponseAsync(Messages(SKColors.Red), cancellationToken: TestContext.Current.CancellationToken);
        var blank = await there.Client.GetResponseAsync(Messages(SKColors.Black), cancellationToken: TestContext.Current.CancellationToken);

        red.GetTokenTrace()!.LogProbs.SequenceEqual(blank.GetTokenTrace()!.LogProbs).ShouldBeFalse();
    }

    private static TorchChatClient Local(SamplingOptions sampling) => TorchChatClient.Load(
        TestEngine.Folder, new GenerationEngineOptions { Threads = 1, CacheBytes = 64 << 20 }, new TorchChatClientOptions { Sampling = sampling });

    // The trainer's forward: hidden states of the whole trace at once, logits over the temperature, log-softmax.
    private static float[] Recomputed(TokenTrace trace, double temperature)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = Qwen25VLCheckpoint.Load(TestEngine.Folder);
        var processor = new ImageProcessor(ImageProcessorOptions.Load(TestEngine.Folder));
        ImagePatches[] images = [.. new[] { SKColors.Red, SKColors.Blue }.Select(color => processor.Process(TestEngine.Picture(color).Data))];
        using var batch = Qwen25VLBatch.Pack(model.Config, [new Qwen25VLSequence(trace.Ids, images)]);
        var hidden = model.HiddenStates(batch);
        var all = nn.functional.log_softmax(model.Head(hidden.view(-1, hidden.shape[2])).to(ScalarType.Float32) / temperature, 1);
        var targets = tensor(trace.Ids.Skip(1).Select(id => (long)id).ToArray());
        var logProbs = all[..^1].gather(1, targets.unsqueeze(1)).squeeze(1).data<float>().ToArray();
        return [0, .. logProbs];
    }
}

using GenAgent.TestKit.Golden;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Torch.Tests.Golden;
using GenAgent.Torch.Tests.Qwen25VL;

namespace GenAgent.Torch.Tests.Generation;

public sealed class GenerationEngineTests
{
    private static GenerationEngineOptions Options { get; } = new() { Threads = 1, CacheBytes = 32 << 20, PromptTokensPerStep = 24 };

    [Fact]
    public async Task Greedy_decoding_with_the_cache_gives_the_ids_of_the_reference()
    {
        await Recorded.EachAsync(QwenCase.Models().Where(found => found.Case.Expected.Has($"{found.Scenario}.greedy_ids")), async found =>
        {
            var (one, scenario) = found;
            _ = one.Sequences(scenario);
            using var model = Qwen25VLCheckpoint.Load(one.ModelFolder);
            await using var engine = new GenerationEngine(model, Options);
            await CheckGreedy(engine, one, scenario, "greedy_ids", eos: null);
            if (one.Scenario(scenario).TryGetProperty("eos_for_greedy_ids_with_eos", out var eos) && one.Expected.Has($"{scenario}.greedy_ids_with_eos"))
            {
                await CheckGreedy(engine, one, scenario, "greedy_ids_with_eos", eos.GetInt32());
            }
        });
    }

    [Fact]
    public async Task Greedy_decoding_with_an_adapter_gives_the_ids_of_the_reference()
    {
        await Recorded.EachAsync(QwenCase.All().Where(one => one.IsAdapter), async one =>
        {
            var origin = one.Origin;
            Assert.SkipUnless(File.Exists(Path.Combine(one.Folder, "adapter_model.safetensors")), "the adapter was not recorded under that name");
            using var model = Qwen25VLCheckpoint.Load(one.ModelFolder);
            await using var engine = new GenerationEngine(model, Options);
            LoraAdapter? adapter = null;
            await engine.UpdateModelAsync(changed => adapter = LoraAdapter.Load(changed, one.Folder));
            await Recorded.EachAsync(one.Scenarios.Where(name => one.Expected.Has($"{name}.greedy_ids")), async scenario =>
            {
                var expected = one.Expected.Ints($"{scenario}.greedy_ids");
                var result = await engine.GenerateAsync(Greedy(origin.Sequences(scenario)[0], expected.Length));
                result.Tokens.Select(token => token.Id).ShouldBe(expected, scenario);
            });

            adapter!.Dispose();
        });
    }

    [Fact]
    public async Task A_conversation_over_several_turns_and_images_continues_from_the_cache_as_if_read_anew()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options);
        var (first, second) = (Image(1), Image(2));
        List<int> ids = [1, 2, 62, .. Pads(first), 63, .. Enumerable.Range(3, 20)];
        List<ImagePatches> images = [first];
        for (var turn = 0; turn < 3; turn++)
        {
            var result = await engine.GenerateAsync(Greedy(new Qwen25VLSequence(ids, images), 12));
            result.ReusedTokens.ShouldBe(turn == 0 ? 0 : result.ReusedTokens);
            if (turn > 0)
            {
                // All that was computed in the turn before, but for the block that was not full.
                result.ReusedTokens.ShouldBeGreaterThanOrEqualTo((ids.Count - 12) / 16 * 16);
            }

            using (var fresh = new GenerationEngine(model, Options))
            {
                (await fresh.GenerateAsync(Greedy(new Qwen25VLSequence(ids, images), 12))).Tokens.ShouldBe(result.Tokens);
            }

            ids = [.. ids, .. result.Tokens.Select(token => token.Id)];
            if (turn == 0)
            {
                images = [first, second];
                ids = [.. ids, 62, .. Pads(second), 63, 7];
            }
            else
            {
                ids = [.. ids, 8, 9];
            }
        }

        engine.Statistics.EncodedImages.ShouldBe(2);
    }

    [Fact]
    public async Task Rollouts_of_one_prompt_read_it_once()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options);
        var image = Image(3);
        var prompt = new Qwen25VLSequence([1, 2, 62, .. Pads(image), 63, .. Enumerable.Range(5, 40)], [image]);
        var rollouts = await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => engine.GenerateAsync(new GenerationRequest(
            prompt.Ids, prompt.Images, new SamplingOptions { MaxTokens = 10, Seed = (ulong)seed }))));

        rollouts.Select(rollout => string.Join(' ', rollout.Tokens.Select(token => token.Id))).Distinct().Count().ShouldBeGreaterThan(4);
        engine.Statistics.EncodedImages.ShouldBe(1);
        var whole = prompt.Ids.Count / 16 * 16;
        engine.Statistics.PromptTokens.ShouldBe(prompt.Ids.Count + (7L * (prompt.Ids.Count - whole)));
    }

    [Fact]
    public async Task Images_of_equal_length_but_other_content_share_nothing()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options);
        var results = new List<string>();
        foreach (var image in (ImagePatches[])[Image(1), Image(2), Image(1)])
        {
            var sequence = new Qwen25VLSequence([.. Enumerable.Range(1, 14), 62, .. Pads(image), 63, .. Enumerable.Range(20, 20)], [image]);
            using var fresh = new GenerationEngine(model, Options);
            var result = await engine.GenerateAsync(Greedy(sequence, 16));
            result.Tokens.ShouldBe((await fresh.GenerateAsync(Greedy(sequence, 16))).Tokens);
            results.Add(string.Join(' ', result.Tokens));
        }

        results[0].ShouldNotBe(results[1]);
        results[2].ShouldBe(results[0]);
    }

    [Fact]
    public async Task A_cache_too_small_for_all_serves_all_by_turns()
    {
        using var model = Tiny.Model();
        using var roomy = new GenerationEngine(model, Options);

        // Three requests of 64 + 40 tokens need 21 blocks: here are 9, so that sequences must give way while they generate.
        await using var tight = new GenerationEngine(model, Options with { CacheBytes = 9 * 16 * 2 * 2 * 2 * 8 * sizeof(float) });
        var requests = Enumerable.Range(0, 3).Select(i => Greedy(new Qwen25VLSequence([.. Enumerable.Range(0, 64).Select(at => ((at * 7) + i) % 50)], []), 40))
            .ToList();
        var expected = await Task.WhenAll(requests.Select(request => roomy.GenerateAsync(request)));
        var served = await Task.WhenAll(requests.Select(request => tight.GenerateAsync(request)));
        served.Select(result => result.Tokens).ShouldBe(expected.Select(result => result.Tokens));
        tight.Statistics.Preemptions.ShouldBeGreaterThan(0);
        tight.Statistics.FreeCacheTokens.ShouldBe(tight.Statistics.CacheTokens);
    }

    [Fact]
    public async Task A_request_that_can_never_fit_is_refused_at_once_with_the_numbers()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options with { CacheBytes = 4 * 16 * 2 * 2 * 2 * 8 * sizeof(float) });
        var fault = await Should.ThrowAsync<RequestTooLongException>(
            () => engine.GenerateAsync(Greedy(new Qwen25VLSequence([.. Enumerable.Range(1, 50)], []), 15)));
        fault.Message.ShouldContain("has 50 tokens and wants 15 more, but the engine can hold 64");
        (await engine.GenerateAsync(Greedy(new Qwen25VLSequence([.. Enumerable.Range(1, 50)], []), 14))).Tokens.Count.ShouldBe(14);
    }

    [Fact]
    public async Task Pads_and_image_features_that_differ_are_refused_with_both_numbers()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options);
        var image = Image(1);
        var fault = await Should.ThrowAsync<ArgumentException>(
            () => engine.GenerateAsync(Greedy(new Qwen25VLSequence([1, .. Pads(image), Tiny.ImagePad], [image]), 4)));
        fault.Message.ShouldContain("6 features");
        fault.Message.ShouldContain("7 image pads");
    }

    [Fact]
    public async Task A_cancelled_request_leaves_the_batch_and_the_others_go_on()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options);
        using var cancel = new CancellationTokenSource();
        var prompt = new Qwen25VLSequence([1, 2, 3], []);
        var kept = engine.GenerateAsync(Greedy(prompt, 400));
        var taken = 0;
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in engine.StreamAsync(Greedy(prompt, 900), cancellationToken: cancel.Token))
            {
                if (++taken == 5)
                {
                    await cancel.CancelAsync();
                }
            }
        });
        taken.ShouldBeLessThan(900);
        (await kept).Tokens.Count.ShouldBe(400);
        (await engine.GenerateAsync(Greedy(prompt, 2))).Tokens.Count.ShouldBe(2);
        engine.Statistics.FreeCacheTokens.ShouldBe(engine.Statistics.CacheTokens);
    }

    [Fact]
    public async Task Leaving_a_stream_early_frees_its_place()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options with { MaxConcurrentRequests = 1 });
        await foreach (var _ in engine.StreamAsync(Greedy(new Qwen25VLSequence([1, 2, 3], []), 1000)))
        {
            break;
        }

        (await engine.GenerateAsync(Greedy(new Qwen25VLSequence([1, 2, 3], []), 2))).Tokens.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Streamed_tokens_are_those_of_the_result()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options);
        GenerationResult? result = null;
        var streamed = new List<GeneratedToken>();
        await foreach (var token in engine.StreamAsync(Greedy(new Qwen25VLSequence([1, 2, 3], []), 20), end => result = end))
        {
            streamed.Add(token);
        }

        streamed.ShouldBe(result!.Tokens);
        result.End.ShouldBe(GenerationEnd.Length);
    }

    [Fact]
    public async Task New_weights_are_used_after_an_update_and_nothing_of_the_old_is_reused()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options);
        var image = Image(1);
        var request = Greedy(new Qwen25VLSequence([1, 2, 62, .. Pads(image), 63, .. Enumerable.Range(3, 40)], [image]), 12);
        var before = await engine.GenerateAsync(request);
        await engine.UpdateModelAsync(changed => changed.Initialize(99));
        var after = await engine.GenerateAsync(request);
        using var other = Tiny.Model(seed: 99);
        using var fresh = new GenerationEngine(other, Options);
        after.ReusedTokens.ShouldBe(0);
        after.Tokens.ShouldBe((await fresh.GenerateAsync(request)).Tokens);
        after.Tokens.ShouldNotBe(before.Tokens);
    }

    [Fact]
    public async Task A_stopped_engine_fails_its_requests_instead_of_leaving_them()
    {
        using var model = Tiny.Model();
        var engine = new GenerationEngine(model, Options);
        var running = engine.GenerateAsync(Greedy(new Qwen25VLSequence([1, 2, 3], []), 1000));
        await engine.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(() => running);
        await Should.ThrowAsync<ObjectDisposedException>(() => engine.GenerateAsync(Greedy(new Qwen25VLSequence([1], []), 1)));
    }

    [Fact]
    public async Task A_stream_that_is_cancelled_before_it_begins_ends_and_does_not_hang()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, Options);

        var stream = engine.StreamAsync(Greedy(new Qwen25VLSequence([1, 2, 3], []), 10), cancellationToken: new CancellationToken(canceled: true));

        await Should.ThrowAsync<OperationCanceledException>(async () => await stream.CountAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_stream_from_a_stopped_engine_fails_and_does_not_hang()
    {
        using var model = Tiny.Model();
        var engine = new GenerationEngine(model, Options);
        engine.Dispose();
        engine.Dispose();

        var stream = engine.StreamAsync(Greedy(new Qwen25VLSequence([1, 2, 3], []), 10));

        await Should.ThrowAsync<ObjectDisposedException>(async () => await stream.CountAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        await Should.ThrowAsync<ObjectDisposedException>(() => engine.UpdateModelAsync(_ => { }).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Disposal_waits_for_what_runs_on_the_model()
    {
        using var model = Tiny.Model();
        var engine = new GenerationEngine(model, Options);
        var hasReturned = true;

        await engine.UpdateModelAsync(_ =>
        {
            var other = new Thread(engine.Dispose);
            other.Start();
            hasReturned = other.Join(TimeSpan.FromMilliseconds(200));
        });

        hasReturned.ShouldBeFalse();
        engine.Dispose();
    }

    internal static ImagePatches Image(int seed)
    {
        var random = new Random(seed);
        var grid = new ImageGrid(1, 4, 6);
        return new ImagePatches([.. Enumerable.Range(0, grid.Patches * 1176).Select(_ => (float)(random.NextDouble() - 0.5))], grid);
    }

    internal static IEnumerable<int> Pads(ImagePatches image) => Enumerable.Repeat(Tiny.ImagePad, image.Grid.Features(2));

    internal static GenerationRequest Greedy(Qwen25VLSequence sequence, int tokens) =>
        new(sequence.Ids, sequence.Images, new SamplingOptions { Temperature = 0, MaxTokens = tokens });

    private static async Task CheckGreedy(GenerationEngine engine, QwenCase one, string scenario, string key, int? eos)
    {
        var (expected, shape) = (one.Expected.Ints($"{scenario}.{key}"), one.Expected.Shape($"{scenario}.{key}"));
        var sequences = one.Sequences(scenario);
        var results = await Task.WhenAll(sequences.Select(sequence => engine.GenerateAsync(new GenerationRequest(
            sequence.Ids, sequence.Images, new SamplingOptions { Temperature = 0, MaxTokens = (int)shape[1], StopIds = eos is { } id ? [id] : [] }))));
        for (var row = 0; row < sequences.Count; row++)
        {
            IEnumerable<int> wanted = expected.AsSpan(row * (int)shape[1], (int)shape[1]).ToArray();
            var ids = results[row].Tokens.Select(token => token.Id).ToList();
            if (eos is { } end && ids[^1] == end)
            {
                wanted = wanted.TakeWhile(id => id != end).Append(end);
                results[row].End.ShouldBe(GenerationEnd.Stop);
            }

            ids.ShouldBe(wanted, $"{scenario} row {row}");
        }
    }
}

using System.Collections.Concurrent;
using GenAgent.Generators;
using GenAgent.Generators.Delegating;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Generators.Delegating;

public class BatchingTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Requests_that_fit_together_are_painted_together_each_with_its_own_prompt_and_seed()
    {
        var inner = new FakeBatchGenerator();
        using var generator = Build(inner, maxImages: 4, NeverWaits());

        var responses = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => generator.GenerateImagesAsync($"p{i}", Seeded(100 + i))));

        responses.Select(response => response.Contents.Single().GetSeed()).ShouldBe([100, 101, 102, 103]);
        inner.Batches.ShouldHaveSingleItem().ShouldBe(["p0", "p1", "p2", "p3"]);
        inner.Prompts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lonely_request_waits_no_longer_than_allowed()
    {
        var inner = new FakeBatchGenerator();
        var time = new ScriptedTime(wait => wait == Wait);
        using var generator = Build(inner, maxImages: 4, time);

        (await generator.GenerateImagesAsync("p", Seeded(1))).Contents.Single().GetSeed().ShouldBe(1);

        time.Waits.ShouldBe([Wait]);
        inner.Prompts.ShouldBe(["p"]);
    }

    [Fact]
    public async Task Requests_of_different_size_steps_or_model_are_never_mixed()
    {
        var inner = new FakeBatchGenerator();
        using var generator = Build(inner, maxImages: 2, NeverWaits());
        Func<ImageGenerationOptions>[] kinds =
        [
            () => new ImageGenerationOptions { ImageSize = new(64, 64) },
            () => new ImageGenerationOptions { ImageSize = new(64, 32) },
            () => new ImageGenerationOptions { ModelId = "m" },
            () => new ImageGenerationOptions().With(ImageOptionsExtensions.StepsKey, 4),
            () => new ImageGenerationOptions().With(ImageOptionsExtensions.GuidanceScaleKey, 2),
        ];

        await Task.WhenAll(Enumerable.Range(0, 2).SelectMany(_ => kinds.Select((kind, k) => generator.GenerateImagesAsync($"kind {k}", kind().WithSeed(1)))));

        inner.Batches.Count.ShouldBe(kinds.Length);
        inner.Batches.ShouldAllBe(batch => batch.Distinct().Count() == 1 && batch.Count == 2);
    }

    [Fact]
    public async Task A_request_that_cannot_be_painted_does_not_spoil_its_neighbours()
    {
        var inner = new FakeBatchGenerator(prompt => prompt == "bad");
        using var generator = Build(inner, maxImages: 3, NeverWaits());

        var good = generator.GenerateImagesAsync("good", Seeded(1));
        var bad = generator.GenerateImagesAsync("bad", Seeded(2));
        var other = generator.GenerateImagesAsync("other", Seeded(3));

        (await good).Contents.Single().GetSeed().ShouldBe(1);
        (await other).Contents.Single().GetSeed().ShouldBe(3);
        await Should.ThrowAsync<PromptRefusedException>(() => bad);
    }

    [Fact]
    public async Task A_request_that_is_cancelled_while_it_waits_leaves_the_batch()
    {
        var inner = new FakeBatchGenerator();
        using var generator = Build(inner, maxImages: 3, NeverWaits());
        using var stop = new CancellationTokenSource();

        var first = generator.GenerateImagesAsync("first", Seeded(1));
        var gone = generator.GenerateImagesAsync("gone", Seeded(2), stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone);
        var last = generator.GenerateImagesAsync("last", Seeded(3));
        await Task.WhenAll(first, last);

        inner.Batches.ShouldHaveSingleItem().ShouldBe(["first", "last"]);
    }

    [Fact]
    public async Task A_batch_that_nobody_waits_for_any_longer_is_stopped()
    {
        var begun = new TaskCompletionSource();
        var stopped = new TaskCompletionSource();
        var inner = new FakeBatchGenerator(hang: async token =>
        {
            begun.SetResult();
            using var registration = token.Register(stopped.SetResult);
            await stopped.Task;
            token.ThrowIfCancellationRequested();
        });
        using var generator = Build(inner, maxImages: 2, NeverWaits());
        using var stop = new CancellationTokenSource();

        var requests = new[] { generator.GenerateImagesAsync("a", Seeded(1), stop.Token), generator.GenerateImagesAsync("b", Seeded(2), stop.Token) };
        await begun.Task;
        await stop.CancelAsync();

        foreach (var request in requests)
        {
            await Should.ThrowAsync<OperationCanceledException>(() => request);
        }

        await stopped.Task;
        inner.Prompts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_request_without_a_seed_and_a_generator_without_batches_are_passed_by()
    {
        var inner = new FakeBatchGenerator();
        using var generator = Build(inner, maxImages: 9, NeverWaits());
        await generator.GenerateImagesAsync("p");
        inner.Prompts.ShouldBe(["p"]);

        var plain = new FakeImageGenerator();
        using var built = plain.AsBuilder().UseBatching().Build();
        built.ShouldBeSameAs(plain);
    }

    private static IImageGenerator Build(FakeBatchGenerator inner, int maxImages, TimeProvider time) =>
        inner.AsBuilder().UseBatching(new ImageBatchOptions { MaxImages = maxImages, MaxWait = Wait }, timeProvider: time).Build();

    private static ScriptedTime NeverWaits() => new(_ => false);

    private static ImageGenerationOptions Seeded(long seed) => new ImageGenerationOptions().WithSeed(seed);

    private sealed class FakeBatchGenerator(Func<string, bool>? refuses = null, Func<CancellationToken, Task>? hang = null)
        : FakeImageGenerator((request, options, _) => refuses?.Invoke(request.Prompt!) == true ? throw new PromptRefusedException("no") : Task.FromResult(Painted(options.GetSeed()!.Value))),
          IBatchImageGenerator
    {
        public ConcurrentQueue<IReadOnlyList<string>> Batches { get; } = new();

        public override Task<ImageGenerationResponse> GenerateAsync(ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            options.GetSeed() is null ? base.GenerateAsync(request, Seeded(0), cancellationToken) : base.GenerateAsync(request, options, cancellationToken);

        public async Task<IReadOnlyList<ImageGenerationResponse>> GenerateBatchAsync(
            IReadOnlyList<(ImageGenerationRequest Request, ImageGenerationOptions? Options)> requests, CancellationToken cancellationToken = default)
        {
            Batches.Enqueue([.. requests.Select(request => request.Request.Prompt!)]);
            if (hang is not null)
            {
                await hang(cancellationToken);
            }

            return requests.Any(request => refuses?.Invoke(request.Request.Prompt!) == true)
                ? throw new PromptRefusedException("one of them")
                : [.. requests.Select(request => Painted(request.Options.GetSeed()!.Value))];
        }
    }
}

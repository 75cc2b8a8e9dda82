using System.Diagnostics;
using GenAgent.Generators;
using GenAgent.Generators.Delegating;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace GenAgent.Tests.Generators.Delegating;

public class DelegatingGeneratorTests
{
    [Theory]
    [InlineData("unavailable", 3)]
    [InlineData("answer", 3)]
    [InlineData("rate", 3)]
    [InlineData("rate for an hour", 1)]
    [InlineData("refused", 1)]
    [InlineData("rejected", 1)]
    public async Task A_failed_request_is_made_again_only_where_that_can_help(string fault, int calls)
    {
        var time = new ScriptedTime(wait => wait < TimeSpan.FromMinutes(10));
        var inner = new FakeImageGenerator((_, _, _) => throw Fault(fault));
        using var generator = inner.AsBuilder().UseRetries(new ImageRetryOptions { MaxRetries = 2 }, timeProvider: time).Build();

        await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("p"));

        inner.Prompts.Count.ShouldBe(calls);
        if (fault == "rate")
        {
            time.Waits.ShouldBe([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)]);
        }
    }

    [Fact]
    public async Task A_second_attempt_that_succeeds_is_the_answer_and_the_first_is_logged()
    {
        var log = new FakeLogCollector();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(new FakeLoggerProvider(log)));
        var calls = 0;
        var inner = new FakeImageGenerator((_, _, _) => ++calls == 1 ? throw Fault("unavailable") : Task.FromResult(FakeImageGenerator.Painted(5)));
        using var generator = inner.AsBuilder().UseRetries(loggerFactory: loggers, timeProvider: new ScriptedTime(_ => true)).Build();

        (await generator.GenerateImagesAsync("p")).Contents.Single().GetSeed().ShouldBe(5);

        log.LatestRecord.Message.ShouldBe("fake failed and is asked again (attempt 2): it broke");
    }

    [Fact]
    public async Task No_more_requests_than_allowed_run_at_once_and_waiting_can_be_cancelled()
    {
        var (running, most) = (0, 0);
        var go = new TaskCompletionSource();
        var full = new TaskCompletionSource();
        var inner = new FakeImageGenerator(async (_, _, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            if (running == 2)
            {
                full.TrySetResult();
            }

            await go.Task;
            Interlocked.Decrement(ref running);
            return FakeImageGenerator.Painted(1);
        });
        using var generator = inner.AsBuilder().UseConcurrencyLimit(2).Build();

        var requests = Enumerable.Range(0, 6).Select(_ => generator.GenerateImagesAsync("p")).ToArray();
        using var stop = new CancellationTokenSource();
        var cancelled = generator.GenerateImagesAsync("p", options: null, stop.Token);
        await full.Task;
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => cancelled);
        go.SetResult();
        await Task.WhenAll(requests);

        most.ShouldBe(2);
        inner.Prompts.Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_generator_that_fails_is_replaced_by_the_next_and_the_image_tells_by_which()
    {
        var first = new FakeImageGenerator((_, _, _) => throw Fault("refused"), "first");
        var second = new FakeImageGenerator((_, _, _) => throw Fault("unavailable"), "second");
        var third = new FakeImageGenerator(name: "third");
        var generator = first.AsBuilder().UseFallback(second, third).Build();

        var image = (await generator.GenerateImagesAsync("p")).Contents.Single();

        image.AdditionalProperties![ImageOptionsExtensions.GeneratorKey].ShouldBe("third");
        (first.Prompts.Count, second.Prompts.Count, third.Prompts.Count).ShouldBe((1, 1, 1));
        generator.Dispose();
        new[] { first, second, third }.ShouldAllBe(one => one.IsDisposed);
    }

    [Fact]
    public async Task When_all_generators_fail_the_last_ones_fault_is_told_and_a_callers_mistake_is_no_reason_to_fall_back()
    {
        using var generator = new FakeImageGenerator((_, _, _) => throw Fault("unavailable")).AsBuilder().UseFallback(new FakeImageGenerator((_, _, _) => throw Fault("refused"))).Build();
        await Should.ThrowAsync<PromptRefusedException>(() => generator.GenerateImagesAsync("p"));

        var other = new FakeImageGenerator();
        using var mistaken = new FakeImageGenerator((_, _, _) => throw new ArgumentException("no")).AsBuilder().UseFallback(other).Build();
        await Should.ThrowAsync<ArgumentException>(() => mistaken.GenerateImagesAsync("p"));
        other.Prompts.ShouldBeEmpty();

        Should.Throw<ArgumentException>(() => other.AsBuilder().UseFallback());
        Should.Throw<ArgumentOutOfRangeException>(() => other.AsBuilder().UseConcurrencyLimit(0));
        Should.Throw<ArgumentOutOfRangeException>(() => other.AsBuilder().UseBatching(new ImageBatchOptions { MaxImages = 0 }));
        Should.Throw<ArgumentOutOfRangeException>(() => other.AsBuilder().UseRetries(new ImageRetryOptions { MaxRetries = 0 }).Build());
    }

    [Fact]
    public async Task The_same_prompt_seed_and_options_are_painted_once()
    {
        var (inner, generator, _) = Cached();
        ImageGenerationOptions Options() => new ImageGenerationOptions { Count = 1, ImageSize = new(8, 6) }.WithSeed(7).With(ImageOptionsExtensions.StepsKey, 4);

        var first = await generator.GenerateImagesAsync("p", Options().WithProgress(new SeenProgress()));
        var second = await generator.GenerateImagesAsync("p", Options());

        inner.Prompts.Count.ShouldBe(1);
        var (painted, kept) = ((DataContent)first.Contents.Single(), (DataContent)second.Contents.Single());
        kept.Data.ToArray().ShouldBe(painted.Data.ToArray());
        kept.MediaType.ShouldBe("image/png");
        kept.GetSeed().ShouldBe(7);
    }

    [Fact]
    public async Task Whatever_changes_the_image_changes_the_cached_one()
    {
        var (inner, generator, _) = Cached();
        ImageGenerationOptions Base() => new ImageGenerationOptions().WithSeed(7);
        var different = new (ImageGenerationRequest Request, ImageGenerationOptions Options)[]
        {
            (new("p"), Base()), (new("q"), Base()), (new("p"), Base().WithSeed(8)),
            (new("p"), new ImageGenerationOptions { Count = 2 }.WithSeed(7)), (new("p"), new ImageGenerationOptions { ImageSize = new(8, 8) }.WithSeed(7)),
            (new("p"), new ImageGenerationOptions { ModelId = "m" }.WithSeed(7)), (new("p"), new ImageGenerationOptions { MediaType = "image/jpeg" }.WithSeed(7)),
            (new("p"), Base().With(ImageOptionsExtensions.StepsKey, 4)), (new("p"), Base().With(ImageOptionsExtensions.NegativePromptKey, "dog")),
            (new("p", [TestImages.Png()]), Base()), (new("p", [TestImages.Png(9, 9)]), Base()), (new("p", [new UriContent("http://a/b.png", "image/png")]), Base()),
            (new("p", [TestImages.Png()]), Base().With(ImageOptionsExtensions.MaskKey, TestImages.Png(5, 5))),
        };

        foreach (var (request, options) in different.Concat(different))
        {
            await generator.GenerateAsync(request, options);
        }

        inner.Prompts.Count.ShouldBe(different.Length);
    }

    [Fact]
    public async Task A_request_without_a_seed_or_of_unknown_meaning_is_painted_each_time()
    {
        var (inner, generator, _) = Cached();
        var odd = new ImageGenerationOptions().WithSeed(1).With("odd", new object());
        var raw = new ImageGenerationOptions { RawRepresentationFactory = _ => new object() }.WithSeed(1);

        foreach (var options in new[] { null, null, odd, odd, raw, raw })
        {
            await generator.GenerateImagesAsync("p", options);
        }

        await generator.GenerateAsync(new ImageGenerationRequest("p", [new TextContent("no image")]), new ImageGenerationOptions().WithSeed(1));

        inner.Prompts.Count.ShouldBe(7);
    }

    [Fact]
    public async Task A_damaged_entry_of_the_cache_is_painted_again()
    {
        var (inner, generator, cache) = Cached();
        var options = new ImageGenerationOptions().WithSeed(1);
        await generator.GenerateImagesAsync("p", options);

        foreach (var damage in new[] { "{", "{}", "5" })
        {
            await cache.SetStringAsync(cache.LastKey!, damage);
            (await generator.GenerateImagesAsync("p", options)).Contents.Count.ShouldBe(1);
        }

        inner.Prompts.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Microsofts_own_logging_and_telemetry_wrap_our_generators_with_all_our_options_set()
    {
        var log = new FakeLogCollector();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(new FakeLoggerProvider(log)).SetMinimumLevel(LogLevel.Trace));
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "test.images",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var generator = new FakeImageGenerator().AsBuilder().UseLogging(loggers).UseOpenTelemetry(loggers, "test.images", telemetry => telemetry.EnableSensitiveData = true).Build();

        await generator.GenerateImagesAsync("p", new ImageGenerationOptions().WithSeed(3).WithProgress(new SeenProgress()).With(ImageOptionsExtensions.MaskKey, TestImages.Png()));

        spans.ShouldHaveSingleItem().Status.ShouldNotBe(ActivityStatusCode.Error);
        log.Count.ShouldBeGreaterThan(0);
    }

    private static (FakeImageGenerator Inner, IImageGenerator Generator, KeyedCache Cache) Cached()
    {
        var inner = new FakeImageGenerator();
        var cache = new KeyedCache();
        return (inner, inner.AsBuilder().UseImageCache(cache).Build(), cache);
    }

    private static Exception Fault(string name) => name switch
    {
        "unavailable" => new BackendUnavailableException("it broke"),
        "answer" => new BackendAnswerException("a web page"),
        "rate" => new RateLimitException("slow down") { RetryAfter = TimeSpan.FromSeconds(7) },
        "rate for an hour" => new RateLimitException("slow down") { RetryAfter = TimeSpan.FromHours(1) },
        "refused" => new PromptRefusedException("not this"),
        _ => new BackendRejectedException("wrong"),
    };

    private sealed class KeyedCache : MemoryDistributedCache, IDistributedCache
    {
        public KeyedCache()
            : base(Options.Create(new MemoryDistributedCacheOptions()))
        {
        }

        public string? LastKey { get; private set; }

        Task<byte[]?> IDistributedCache.GetAsync(string key, CancellationToken token)
        {
            LastKey = key;
            return GetAsync(key, token);
        }
    }
}

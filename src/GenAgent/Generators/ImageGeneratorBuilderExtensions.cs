using GenAgent.Generators.Delegating;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Generators;

/// <summary>
/// Wrappers for any image generator, put around it with <see cref="ImageGeneratorBuilderImageGeneratorExtensions.AsBuilder"/>.
/// The first that is named is the outermost. Logging and telemetry are Microsoft's own: <c>UseLogging</c>, <c>UseOpenTelemetry</c>.
/// What is built is safe to call from many tasks at once if the generator is, and disposes of it.
/// </summary>
public static class ImageGeneratorBuilderExtensions
{
    /// <summary>Asks again when the backend was not to be had or its answer was unusable.</summary>
    public static ImageGeneratorBuilder UseRetries(
        this ImageGeneratorBuilder builder, ImageRetryOptions? options = null, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null) =>
        builder.Use((inner, services) => new RetryingImageGenerator(inner, options ?? new(), Logger(services, loggerFactory), timeProvider ?? TimeProvider.System));

    /// <summary>Lets at most that many requests through at once; the others wait.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less than 1.</exception>
    public static ImageGeneratorBuilder UseConcurrencyLimit(this ImageGeneratorBuilder builder, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return builder.Use(inner => new ConcurrencyLimitingImageGenerator(inner, limit));
    }

    /// <summary>
    /// Gathers requests of equal size, steps and guidance into batches, each with its own prompt and seed, for a generator that is an
    /// <see cref="IBatchImageGenerator"/>. For any other it changes nothing.
    /// Name it last: what stands inside of it is passed by.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A batch of less than one image.</exception>
    public static ImageGeneratorBuilder UseBatching(
        this ImageGeneratorBuilder builder, ImageBatchOptions? options = null, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        var chosen = options ?? new();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chosen.MaxImages, nameof(options));
        return builder.Use((inner, services) => inner.GetService<IBatchImageGenerator>() is { } batch
            ? new BatchingImageGenerator(inner, batch, chosen, Logger(services, loggerFactory), timeProvider ?? TimeProvider.System)
            : inner);
    }

    /// <summary>Keeps images by prompt, input images, seed and options. A request without a seed is never answered from the cache.</summary>
    public static ImageGeneratorBuilder UseImageCache(
        this ImageGeneratorBuilder builder, IDistributedCache cache, DistributedCacheEntryOptions? entry = null, ILoggerFactory? loggerFactory = null) =>
        builder.Use((inner, services) => new CachingImageGenerator(inner, cache, entry ?? new(), Logger(services, loggerFactory)));

    /// <summary>Asks the others, one after the other, when a generator fails. They are disposed of with it.</summary>
    /// <exception cref="ArgumentException">No other generator is given.</exception>
    public static ImageGeneratorBuilder UseFallback(this ImageGeneratorBuilder builder, params IReadOnlyList<IImageGenerator> others) => others.Count > 0
        ? builder.Use((inner, services) => new FallbackImageGenerator(inner, others, Logger(services, loggerFactory: null)))
        : throw new ArgumentException("A fallback needs at least one other generator.", nameof(others));

    private static ILogger Logger(IServiceProvider services, ILoggerFactory? loggerFactory) =>
        (loggerFactory ?? services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("GenAgent.Generators");
}

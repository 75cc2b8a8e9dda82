using GenAgent.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace GenAgent.Generators.Delegating;

/// <summary>Asks again when a backend was not to be had or its answer was unusable. A refused or wrong request is not sent again.</summary>
internal sealed class RetryingImageGenerator : DelegatingImageGenerator
{
    private readonly ResiliencePipeline<ImageGenerationResponse> _pipeline;

    public RetryingImageGenerator(IImageGenerator inner, ImageRetryOptions options, ILogger logger, TimeProvider timeProvider)
        : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxRetries, nameof(options));
        _pipeline = new ResiliencePipelineBuilder<ImageGenerationResponse> { TimeProvider = timeProvider }
            .AddRetry(new RetryStrategyOptions<ImageGenerationResponse>
            {
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = options.Delay,
                MaxDelay = options.MaxDelay,
                UseJitter = true,
                ShouldHandle = arguments => new(IsWorthARetry(arguments.Outcome.Exception, options)),
                DelayGenerator = arguments => new((arguments.Outcome.Exception as RateLimitException)?.RetryAfter),
                OnRetry = arguments =>
                {
                    GeneratorLog.Retried(logger, Describe(inner), arguments.AttemptNumber + 2, arguments.Outcome.Exception?.Message ?? string.Empty);
                    return default;
                },
            })
            .Build();
    }

    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        await _pipeline.ExecuteAsync(async token => await InnerGenerator.GenerateAsync(request, options, token), cancellationToken);

    internal static string Describe(IImageGenerator generator) =>
        generator.GetService<ImageGeneratorMetadata>() is { } metadata ? $"{metadata.ProviderName} {metadata.DefaultModelId}".TrimEnd() : generator.GetType().Name;

    private static bool IsWorthARetry(Exception? exception, ImageRetryOptions options) => exception switch
    {
        RateLimitException { RetryAfter: var wait } => wait is null || wait <= options.MaxRetryAfter,
        BackendUnavailableException or BackendAnswerException => true,
        _ => false,
    };
}

/// <summary>How often a failed request for images is made again.</summary>
public sealed record ImageRetryOptions
{
    /// <summary>How many times, 1 or more.</summary>
    public int MaxRetries { get; init; } = 2;

    /// <summary>The wait before the first retry; it doubles each time, with jitter.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait between two attempts that is of our own choice.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait that a backend may ask for; a longer one ends the request.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(5);
}

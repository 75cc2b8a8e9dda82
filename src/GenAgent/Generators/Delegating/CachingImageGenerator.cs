using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;

namespace GenAgent.Generators.Delegating;

/// <summary>
/// Keeps what was painted by prompt, input images, seed and options. Only a request with a seed is looked up: without one, the caller wants
/// another image each time.
/// </summary>
internal sealed class CachingImageGenerator(IImageGenerator inner, IDistributedCache cache, DistributedCacheEntryOptions entry, ILogger logger)
    : DelegatingImageGenerator(inner)
{
    private const string Prefix = "genagent/image/1/";

    private readonly ImageGeneratorMetadata? _generator = inner.GetService<ImageGeneratorMetadata>();

    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (options.GetSeed() is null || ImageRequestKey.Whole(request, options, _generator) is not { } hash)
        {
            return await base.GenerateAsync(request, options, cancellationToken);
        }

        var key = Prefix + hash;
        if (Read(await cache.GetAsync(key, cancellationToken)) is { } kept)
        {
            GeneratorLog.CacheHit(logger, key);
            return kept;
        }

        var response = await base.GenerateAsync(request, options, cancellationToken);
        var copy = new ImageGenerationResponse(response.Contents) { Usage = response.Usage };
        await cache.SetAsync(key, JsonSerializer.SerializeToUtf8Bytes(copy, AIJsonUtilities.DefaultOptions), entry, cancellationToken);
        return response;
    }

    // What an older version wrote, or a disk has damaged, is painted again.
    private static ImageGenerationResponse? Read(byte[]? kept)
    {
        if (kept is null)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<ImageGenerationResponse>(kept, AIJsonUtilities.DefaultOptions) is { Contents.Count: > 0 } response ? response : null;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or ArgumentException)
        {
            return null;
        }
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;

namespace GenAgent.Judging;

/// <summary>
/// Caches scores by the judge's name and version, the prompt, its constraints and the image's content. Missing scores are not cached. The caller owns the
/// cache and controls its size and expiry.
/// </summary>
/// <param name="inner">Who judges.</param>
/// <param name="cache">Where scores are kept.</param>
public sealed class CachingJudge(IJudge inner, IDistributedCache cache) : DelegatingJudge(inner)
{
    private readonly IDistributedCache _cache = cache ?? throw new ArgumentNullException(nameof(cache));

    /// <inheritdoc/>
    public override async ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = Key(request);
        if (await _cache.GetAsync(key, cancellationToken) is { } kept && Read(kept) is { } known)
        {
            return known;
        }

        var judgment = await Inner.JudgeAsync(request, cancellationToken);
        if (judgment is Score score)
        {
            await _cache.SetAsync(key, JsonSerializer.SerializeToUtf8Bytes(score), new DistributedCacheEntryOptions(), cancellationToken);
        }

        return judgment;
    }

    private static Score? Read(byte[] kept)
    {
        try
        {
            return JsonSerializer.Deserialize<Score>(kept);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Key(JudgeRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in (string[])[Name, request.Prompt, JsonSerializer.Serialize(request.Constraints)])
        {
            // Each part is preceded by its length, so that different requests never give the same bytes.
            hash.AppendData(BitConverter.GetBytes(Encoding.UTF8.GetByteCount(part)));
            hash.AppendData(Encoding.UTF8.GetBytes(part));
        }

        hash.AppendData(request.Image.Data.Span);
        return "genagent/judgment/" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;

namespace GenAgent.Judging;

/// <summary>
/// Judges the same image for the same prompt once: scores are kept under the judge's name and version, the prompt, its constraints and the image's content.
/// A missing score is never kept. The cache is the caller's, in size, age and disposal.
/// </summary>
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
            // The length first, so that no two different requests spell the same bytes.
            hash.AppendData(BitConverter.GetBytes(Encoding.UTF8.GetByteCount(part)));
            hash.AppendData(Encoding.UTF8.GetBytes(part));
        }

        hash.AppendData(request.Image.Data.Span);
        return "genagent/judgment/" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

using GenAgent.Server.Browse;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Memory;
using SkiaSharp;

namespace GenAgent.Server.Images;

/// <summary>Images in smaller sizes, kept in memory up to a limit. Safe to use from many tasks at once.</summary>
internal sealed class Thumbnails(TrajectoryIndex index) : IDisposable
{
    private const long CacheBytes = 64 << 20;
    private const int Quality = 82;

    // A few sizes alone, so that nobody fills the cache with a thousand.
    private static readonly int[] Widths = [64, 128, 256, 512, 1024];

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = CacheBytes });
    private readonly SemaphoreSlim _scaling = new(Environment.ProcessorCount);

    /// <summary>The image, not wider than the next of the sizes that are kept; null if there is none of that id.</summary>
    public async Task<DataContent?> ReadAsync(string id, int? width, CancellationToken cancellationToken)
    {
        if (width is null) return await index.ReadImageAsync(id, cancellationToken);
        var wanted = Widths.FirstOrDefault(one => one >= width, Widths[^1]);
        if (_cache.TryGetValue((id, wanted), out DataContent? kept)) return kept;
        if (await index.ReadImageAsync(id, cancellationToken) is not { } image) return null;
        await _scaling.WaitAsync(cancellationToken);
        try
        {
            var small = Scale(image, wanted);
            _cache.Set((id, wanted), small, new MemoryCacheEntryOptions { Size = small.Data.Length + 256 });
            return small;
        }
        finally
        {
            _scaling.Release();
        }
    }

    public void Dispose()
    {
        _cache.Dispose();
        _scaling.Dispose();
    }

    private static DataContent Scale(DataContent image, int width)
    {
        using var bitmap = SKBitmap.Decode(image.Data.Span);
        if (bitmap is null || bitmap.Width <= width) return image;
        var size = new SKSizeI(width, Math.Max(1, (int)Math.Round((double)bitmap.Height * width / bitmap.Width)));
        using var scaled = bitmap.Resize(size, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var encoded = scaled.Encode(SKEncodedImageFormat.Webp, Quality);
        return new DataContent(encoded.ToArray(), "image/webp");
    }
}

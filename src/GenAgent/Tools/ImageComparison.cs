using SkiaSharp;

namespace GenAgent.Tools;

/// <summary>Compares two encoded images by their pixels.</summary>
internal static class ImageComparison
{
    /// <summary>The largest difference over all pixels and channels, in [0, 1]; null when the sizes differ or one cannot be decoded.</summary>
    public static double? MaxDifference(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        using var left = Decode(first);
        using var right = Decode(second);
        if (left is null || right is null || left.Width != right.Width || left.Height != right.Height)
        {
            return null;
        }

        var leftBytes = left.GetPixelSpan();
        var rightBytes = right.GetPixelSpan();
        var largest = 0;
        for (var i = 0; i < leftBytes.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(leftBytes[i] - rightBytes[i]));
        }

        return largest / (double)byte.MaxValue;
    }

    private static SKBitmap? Decode(ReadOnlyMemory<byte> image)
    {
        using var data = SKData.CreateCopy(image.Span);
        using var codec = SKCodec.Create(data);
        return codec is null ? null : SKBitmap.Decode(codec, new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
    }
}

using SkiaSharp;

namespace GenAgent.Server.Images;

/// <summary>
/// Images from outside. Size and format are read from the header before a pixel is decoded; what goes on is encoded anew, so that nothing but pixels gets in.
/// </summary>
internal static class UploadedImage
{
    private const int LongestSide = 16_384;

    /// <summary>The image as PNG.</summary>
    /// <exception cref="RefusedException">It is no image of an allowed format, or too large.</exception>
    public static byte[] Clean(ReadOnlyMemory<byte> image, ServerOptions options, string field = "images")
    {
        if (image.Length > options.ImageBytes) throw Refuse(413, $"has {image.Length} bytes, but at most {options.ImageBytes} are allowed.");
        using var data = SKData.CreateCopy(image.Span);
        using var codec = SKCodec.Create(data) ?? throw Refuse(400, "is no image, or its header is corrupt: send PNG, JPEG or WebP.");
        if (codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Webp))
        {
            throw Refuse(400, $"is {codec.EncodedFormat}: send PNG, JPEG or WebP.");
        }
        var size = codec.Info.Size;
        if (size.Width > LongestSide || size.Height > LongestSide || (long)size.Width * size.Height > options.ImagePixels)
        {
            throw Refuse(413, $"declares {size.Width} x {size.Height} pixels, but at most {options.ImagePixels} pixels are allowed.");
        }

        using var bitmap = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) != SKCodecResult.Success) throw Refuse(400, "is corrupt: its pixels cannot be decoded.");
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();

        RefusedException Refuse(int status, string what) => new(status, $"An image {what}", field);
    }
}

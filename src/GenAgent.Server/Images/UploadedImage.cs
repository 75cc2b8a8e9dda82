using System.Security.Cryptography;
using GenAgent.Trajectories;
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
        using var codec = Open(image, options, field);
        var size = codec.Info.Size;
        using var bitmap = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) != SKCodecResult.Success) throw Refuse(400, "is corrupt: its pixels cannot be decoded.", field);
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    /// <summary>The image as it is, by its content; only its header is read.</summary>
    /// <exception cref="RefusedException">It is no image of an allowed format, or too large.</exception>
    public static ImageReference Describe(ReadOnlyMemory<byte> image, ServerOptions options, string field)
    {
        using var codec = Open(image, options, field);
        var mediaType = codec.EncodedFormat switch
        {
            SKEncodedImageFormat.Jpeg => "image/jpeg",
            SKEncodedImageFormat.Webp => "image/webp",
            _ => "image/png",
        };
        return new(Convert.ToHexStringLower(SHA256.HashData(image.Span)), mediaType, codec.Info.Width, codec.Info.Height, 0, null);
    }

    private static SKCodec Open(ReadOnlyMemory<byte> image, ServerOptions options, string field)
    {
        if (image.Length > options.ImageBytes) throw Refuse(413, $"has {image.Length} bytes, but at most {options.ImageBytes} are allowed.", field);
        using var data = SKData.CreateCopy(image.Span);
        var codec = SKCodec.Create(data) ?? throw Refuse(400, "is no image, or its header is corrupt: send PNG, JPEG or WebP.", field);
        var size = codec.Info.Size;
        var refusal =
            codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Webp)
                ? Refuse(400, $"is {codec.EncodedFormat}: send PNG, JPEG or WebP.", field)
            : size.Width > LongestSide || size.Height > LongestSide || (long)size.Width * size.Height > options.ImagePixels
                ? Refuse(413, $"declares {size.Width} x {size.Height} pixels, but at most {options.ImagePixels} pixels are allowed.", field)
            : null;
        if (refusal is null) return codec;
        codec.Dispose();
        throw refusal;
    }

    private static RefusedException Refuse(int status, string what, string field) => new(status, $"An image {what}", field);
}

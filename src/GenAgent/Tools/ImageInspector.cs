using System.Security.Cryptography;
using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Generators.Imaging;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Tools;

/// <summary>
/// Checks images from outside before anything else uses them. Size and format are read from the header and checked against the limits before decoding, so
/// an image that declares 60,000 x 60,000 pixels does no harm.
/// </summary>
internal static class ImageInspector
{
    /// <summary>Returns the reference of a valid image, or the reason why the image is invalid.</summary>
    /// <param name="image">The image.</param>
    /// <param name="asked">The request; null for an image from elsewhere.</param>
    /// <param name="requestedSeed">The requested seed.</param>
    /// <param name="options">The limits.</param>
    /// <param name="reference">The image's record in a trajectory; null if it is invalid.</param>
    public static string? Inspect(
        DataContent image, Generation? asked, long requestedSeed, ImageAgentOptions options, out ImageReference? reference)
    {
        reference = null;
        if (CheckContent(image, asked, options, out var size, out var mediaType) is { } wrong)
        {
            return wrong;
        }

        reference = new ImageReference(ContentId(image.Data.Span), mediaType, size.Width, size.Height, requestedSeed, image.GetSeed());
        return null;
    }

    /// <summary>The image's name by its content: SHA-256 in lower-case hexadecimal digits.</summary>
    public static string ContentId(ReadOnlySpan<byte> image)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(image, digest);
        return Convert.ToHexStringLower(digest);
    }

    private static string? CheckContent(DataContent image, Generation? asked, ImageAgentOptions options, out SKSizeI size, out string mediaType)
    {
        (size, mediaType) = (default, string.Empty);
        if (image.Data.Length > options.MaxImageBytes)
        {
            return $"The image has {image.Data.Length} bytes, but at most {options.MaxImageBytes} are allowed.";
        }

        using var data = SKData.CreateCopy(image.Data.Span);
        using var codec = SKCodec.Create(data);
        if (codec is null)
        {
            return ImageHeader.Unread(image.Data.Span) is { } format
                ? $"The image's format is {format}, but only PNG, JPEG and WebP are allowed."
                : "What came back is no image, or its header is corrupt.";
        }

        if (MediaTypeOf(codec.EncodedFormat) is not { } known)
        {
            return $"The image's format is {codec.EncodedFormat}, but only PNG, JPEG and WebP are allowed.";
        }

        (size, mediaType) = (codec.Info.Size, known);
        if ((long)size.Width * size.Height > options.MaxImagePixels)
        {
            return $"The image declares {size.Width} x {size.Height} pixels, but at most {options.MaxImagePixels} pixels are allowed.";
        }

        if (asked is { Width: { } width, Height: { } height } && (size.Width != width || size.Height != height))
        {
            return $"The image is {size.Width} x {size.Height}, but {width} x {height} was asked for.";
        }

        return options.DecodeImages && Decode(codec) is not SKCodecResult.Success and var result
            ? $"The image is corrupt: decoding its pixels failed ({result})."
            : null;
    }

    private static SKCodecResult Decode(SKCodec codec)
    {
        using var pixels = new SKBitmap(codec.Info.WithColorType(SKColorType.Rgba8888));
        return codec.GetPixels(pixels.Info, pixels.GetPixels());
    }

    private static string? MediaTypeOf(SKEncodedImageFormat format) => format switch
    {
        SKEncodedImageFormat.Png => "image/png",
        SKEncodedImageFormat.Jpeg => "image/jpeg",
        SKEncodedImageFormat.Webp => "image/webp",
        _ => null,
    };
}

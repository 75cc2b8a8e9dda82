using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Generators.Imaging;

/// <summary>What an encoded image says of itself, read without decoding its pixels, so that an image bomb costs nothing.</summary>
/// <param name="MediaType">The real format, whatever the sender called it.</param>
/// <param name="Width">Declared width in pixels.</param>
/// <param name="Height">Declared height in pixels.</param>
internal sealed record ImageHeader(string MediaType, int Width, int Height)
{
    /// <summary>The longest side that is taken.</summary>
    public const int MaxSide = 16_384;

    /// <summary>The most pixels that are taken: 100 megapixels are 400 MB when decoded.</summary>
    public const long MaxPixels = 100_000_000;

    /// <summary>Reads the header of bytes from outside.</summary>
    /// <param name="bytes">The encoded image.</param>
    /// <param name="header">The header, when the bytes begin an image of acceptable size.</param>
    /// <param name="error">What is wrong, as the end of a sentence, when they do not.</param>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ImageHeader? header, [NotNullWhen(false)] out string? error)
    {
        header = null;
        using var encoded = SKData.CreateCopy(bytes.Span);
        using var codec = SKCodec.Create(encoded);
        if (codec is null)
        {
            error = $"is no image that can be read ({bytes.Length} bytes)";
            return false;
        }

        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (width > MaxSide || height > MaxSide || (long)width * height > MaxPixels)
        {
            error = $"declares {width} x {height} pixels; at most {MaxSide} a side and {MaxPixels / 1_000_000} megapixels are taken";
            return false;
        }

        var mediaType = codec.EncodedFormat switch
        {
            SKEncodedImageFormat.Png => "image/png",
            SKEncodedImageFormat.Jpeg => "image/jpeg",
            SKEncodedImageFormat.Webp => "image/webp",
            SKEncodedImageFormat.Gif => "image/gif",
            SKEncodedImageFormat.Bmp => "image/bmp",
            _ => "application/octet-stream",
        };
        header = new(mediaType, width, height);
        error = null;
        return true;
    }

    /// <summary>The image as content of its real type, or an exception that says where it came from and what is wrong.</summary>
    /// <exception cref="Models.BackendAnswerException">The bytes are no image, or too large a one.</exception>
    public static DataContent ToContent(ReadOnlyMemory<byte> bytes, string source) =>
        TryRead(bytes, out var header, out var error)
            ? new DataContent(bytes, header.MediaType)
            : throw new Models.BackendAnswerException($"{source} sent an image that {error}.");
}

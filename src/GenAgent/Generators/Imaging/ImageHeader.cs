using System.Diagnostics.CodeAnalysis;
using GenAgent.Models;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Generators.Imaging;

/// <summary>The header of an encoded image, read without decoding pixels, so that an image bomb does no harm.</summary>
/// <param name="MediaType">The actual format, regardless of the sender's media type.</param>
/// <param name="Width">Declared width in pixels.</param>
/// <param name="Height">Declared height in pixels.</param>
internal sealed record ImageHeader(string MediaType, int Width, int Height)
{
    /// <summary>The longest side that is taken.</summary>
    public const int MaxSide = 16_384;

    private const int LastRows = 18;

    /// <summary>The most pixels that are accepted: 100 megapixels take 400 MB when decoded.</summary>
    public const long MaxPixels = 100_000_000;

    /// <summary>Reads the header of untrusted bytes.</summary>
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
            error = Unread(bytes.Span) is { } format
                ? $"is {format}, which is not read: ask for PNG, JPEG or WebP"
                : IsSvg(bytes.Span) ? "is no image of pixels, but SVG: ask for PNG, JPEG or WebP"
                : $"is no image that can be read ({bytes.Length} bytes)";
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

    /// <summary>The name of a recognized but unsupported format; null for others. AVIF and HEIC name their brands in the first box.</summary>
    public static string? Unread(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 12 || !bytes[4..8].SequenceEqual("ftyp"u8))
        {
            return bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) || (bytes.Length >= 12 && bytes[4..8].SequenceEqual("JXL "u8)) ? "JPEG XL"
                : bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8) ? "TIFF"
                : null;
        }

        var brands = System.Text.Encoding.ASCII.GetString(bytes[8..Math.Min(bytes.Length, 64)]);
        return brands.Contains("avi", StringComparison.Ordinal) ? "AVIF"
            : brands.Contains("hei", StringComparison.Ordinal) || brands.Contains("hev", StringComparison.Ordinal)
                || brands.Contains("mif1", StringComparison.Ordinal)
                ? "HEIC"
            : null;
    }

    /// <summary>
    /// The image as content of its real type (all but PNG, JPEG and WebP as PNG, which every part of GenAgent reads), or an exception that says where it came
    /// from and what is wrong.
    /// </summary>
    /// <exception cref="BackendAnswerException">The bytes are no image, too large a one, or end before its last pixel.</exception>
    public static DataContent ToContent(ReadOnlyMemory<byte> bytes, string source)
    {
        if (!TryRead(bytes, out var header, out var error))
        {
            var text = bytes.Span.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[' or (byte)'<', ..] && !IsSvg(bytes.Span)
                ? BackendFault.Read(bytes.ToArray()).Excerpt : null;
            throw new BackendAnswerException(
                text is null ? $"{source} sent an image that {error}." : $"{source} sent an image that is none, but says: {text.TrimEnd('.')}.");
        }

        if (!IsWhole(bytes.Span)) throw new BackendAnswerException($"{source} sent an image that is broken or cut off ({bytes.Length} bytes).");
        return header.MediaType is "image/png" or "image/jpeg" or "image/webp" ? new DataContent(bytes, header.MediaType)
            : AsPng(bytes, header.MediaType, source);
    }

    private static bool IsWhole(ReadOnlySpan<byte> bytes)
    {
        using var encoded = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(encoded);
        using var pixels = new SKBitmap(codec.Info.Width, codec.Info.Height);
        return codec.GetPixels(pixels.Info, pixels.GetPixels()) switch
        {
            SKCodecResult.ErrorInInput => false,
            SKCodecResult.IncompleteInput => codec.EncodedFormat == SKEncodedImageFormat.Jpeg && LacksOnlyItsEnd(encoded, pixels),
            _ => true,
        };
    }

    // Some programs write a JPEG without its end mark: all but the last row of blocks, and two more for smoothing, is read.
    private static bool LacksOnlyItsEnd(SKData encoded, SKBitmap pixels)
    {
        using var codec = SKCodec.Create(encoded);
        return codec.StartScanlineDecode(pixels.Info) == SKCodecResult.Success
            && codec.GetScanlines(pixels.GetPixels(), pixels.Height, pixels.RowBytes) >= pixels.Height - LastRows;
    }

    private static bool IsSvg(ReadOnlySpan<byte> bytes) =>
        bytes.TrimStart(" \t\r\n"u8) is [(byte)'<', ..] && bytes[..Math.Min(bytes.Length, 1024)].IndexOf("<svg"u8) >= 0;

    private static DataContent AsPng(ReadOnlyMemory<byte> bytes, string mediaType, string source)
    {
        try
        {
            return PortableImage.From(new DataContent(bytes, mediaType), "The image");
        }
        catch (InvalidDataException broken)
        {
            throw new BackendAnswerException($"{source}: {broken.Message}", broken);
        }
    }
}

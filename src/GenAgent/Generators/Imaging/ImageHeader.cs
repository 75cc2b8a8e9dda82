using System.Diagnostics.CodeAnalysis;
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
            return bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) ? "JPEG XL" : bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8) ? "TIFF" : null;
        }

        var brands = System.Text.Encoding.ASCII.GetString(bytes[8..Math.Min(bytes.Length, 64)]);
        return brands.Contains("avi", StringComparison.Ordinal) ? "AVIF"
            : brands.Contains("hei", StringComparison.Ordinal) || brands.Contains("hev", StringComparison.Ordinal)
                || brands.Contains("mif1", StringComparison.Ordinal)
                ? "HEIC"
            : null;
    }

    /// <summary>
    /// The image as content of its real type (GIF and BMP as PNG, which every part of GenAgent reads), or an exception that says where it came from and
    /// what is wrong.
    /// </summary>
    /// <exception cref="Models.BackendAnswerException">The bytes are no image, or too large a one.</exception>
    public static DataContent ToContent(ReadOnlyMemory<byte> bytes, string source) =>
        TryRead(bytes, out var header, out var error)
            ? header.MediaType is "image/gif" or "image/bmp" ? AsPng(bytes, header.MediaType, source) : new DataContent(bytes, header.MediaType)
            : throw new Models.BackendAnswerException($"{source} sent an image that {error}.");

    private static DataContent AsPng(ReadOnlyMemory<byte> bytes, string mediaType, string source)
    {
        try
        {
            return PortableImage.From(new DataContent(bytes, mediaType), "The image");
        }
        catch (InvalidDataException broken)
        {
            throw new Models.BackendAnswerException($"{source}: {broken.Message}", broken);
        }
    }
}

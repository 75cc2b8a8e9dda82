using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Evaluation.Judges;

/// <summary>Images as JPEG, as scripts send them that were written for Python's imaging library at its defaults.</summary>
internal static class JpegImage
{
    private const int Quality = 75;

    /// <summary>The same pixels as JPEG.</summary>
    /// <exception cref="InvalidDataException">The image cannot be decoded.</exception>
    public static DataContent From(DataContent image)
    {
        using var bitmap = SKBitmap.Decode(image.Data.Span) ?? throw new InvalidDataException("The image cannot be decoded.");
        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return new DataContent(jpeg.ToArray(), "image/jpeg");
    }
}

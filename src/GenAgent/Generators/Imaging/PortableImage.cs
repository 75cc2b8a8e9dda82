using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Generators.Imaging;

/// <summary>Images in the two formats that every server reads, PNG and JPEG.</summary>
internal static class PortableImage
{
    /// <summary>The image itself where it is PNG or JPEG, else the same pixels as PNG.</summary>
    /// <param name="image">An encoded image.</param>
    /// <param name="name">How an error names it, as in <c>input image 2</c>.</param>
    /// <exception cref="InvalidDataException">The bytes are no image, broken, or too large.</exception>
    public static DataContent From(DataContent image, string name)
    {
        if (!ImageHeader.TryRead(image.Data, out var header, out var error))
        {
            throw new InvalidDataException($"{name} {error}. Send a whole PNG, JPEG or WebP file.");
        }

        if (header.MediaType is "image/png" or "image/jpeg")
        {
            return string.Equals(header.MediaType, image.MediaType, StringComparison.OrdinalIgnoreCase)
                ? image
                : new DataContent(image.Data, header.MediaType) { Name = image.Name, AdditionalProperties = image.AdditionalProperties };
        }

        return Encode(image, name);
    }

    /// <summary>The image itself where it is PNG, else the same pixels as PNG.</summary>
    /// <param name="image">An encoded image.</param>
    /// <param name="name">How an error names it, as in <c>input image 2</c>.</param>
    /// <exception cref="InvalidDataException">The bytes are no image, broken, or too large.</exception>
    public static DataContent AsPng(DataContent image, string name) =>
        From(image, name) is var portable && portable.MediaType is "image/png" ? portable : Encode(portable, name);

    private static DataContent Encode(DataContent image, string name)
    {
        using var bitmap = SKBitmap.Decode(image.Data.Span) ?? throw new InvalidDataException($"{name} is broken: its pixels cannot be decoded.");
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return new DataContent(png.ToArray(), "image/png") { Name = image.Name, AdditionalProperties = image.AdditionalProperties };
    }
}

using SkiaSharp;

namespace GenAgent.Server.Protocols;

/// <summary>A format that images are handed out in.</summary>
/// <param name="Name">As in <c>output_format</c>.</param>
/// <param name="MediaType">As in <c>Content-Type</c>.</param>
internal sealed record ImageFormat(string Name, string MediaType)
{
    private readonly SKEncodedImageFormat _encoder = Name switch
    {
        "jpeg" => SKEncodedImageFormat.Jpeg,
        "webp" => SKEncodedImageFormat.Webp,
        _ => SKEncodedImageFormat.Png
    };

    public static ImageFormat Png { get; } = new("png", "image/png");

    public static ImageFormat Jpeg { get; } = new("jpeg", "image/jpeg");

    public static ImageFormat Webp { get; } = new("webp", "image/webp");

    /// <summary>Their names, in the order in which errors list them.</summary>
    public static IReadOnlyList<string> Names { get; } = [Png.Name, Jpeg.Name, Webp.Name];

    public static ImageFormat Find(string name) => name switch { "jpeg" => Jpeg, "webp" => Webp, _ => Png };

    /// <summary>The image in this format; the same bytes where it is in this format already.</summary>
    /// <param name="image">An encoded image.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <param name="quality">For JPEG and WebP, in [0, 100].</param>
    public ReadOnlyMemory<byte> Encode(ReadOnlyMemory<byte> image, string mediaType, int quality)
    {
        if (string.Equals(mediaType, MediaType, StringComparison.Ordinal) && (quality == 100 || _encoder == SKEncodedImageFormat.Png)) return image;
        using var bitmap = SKBitmap.Decode(image.Span) ?? throw new InvalidDataException("A stored image is broken: its pixels cannot be decoded.");
        using var encoded = bitmap.Encode(_encoder, quality);
        return encoded.ToArray();
    }
}

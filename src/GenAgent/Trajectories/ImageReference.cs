namespace GenAgent.Trajectories;

/// <summary>An image by its content, and the seed that drew it.</summary>
/// <param name="Id">SHA-256 of the encoded image: 64 lower-case hexadecimal digits.</param>
/// <param name="MediaType">For instance <c>image/png</c>.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="RequestedSeed">The seed that the generator was asked to use, in [0, 2^32).</param>
/// <param name="Seed">The seed that drew the noise, as reported by the generator; null if it reports none, and then the image cannot be reproduced.</param>
public sealed record ImageReference(string Id, string MediaType, int Width, int Height, long RequestedSeed, long? Seed)
{
    /// <summary>The image's path below its store's folder, with <c>/</c>: <c>images/ab/ab12….png</c>.</summary>
    /// <returns>The path.</returns>
    public string Path() => PathOf(Id, MediaType);

    /// <summary>Where an image lies below a folder that keeps images by content.</summary>
    internal static string PathOf(string id, string mediaType) => $"images/{id.AsSpan(0, 2)}/{id}.{Extension(mediaType)}";

    /// <summary>Whether a text is an image's name by its content.</summary>
    /// <param name="id">A text.</param>
    /// <returns>True if it is one.</returns>
    public static bool IsId(string? id) => id is { Length: 64 } && id.All(char.IsAsciiHexDigitLower);

    /// <summary>Whether a text from a file is exactly such a path.</summary>
    /// <param name="place">A text.</param>
    /// <returns>True if it is one.</returns>
    public static bool IsPath(string? place) =>
        place is { Length: > 74 } && IsId(place[10..74]) && place.AsSpan(74) is ".png" or ".jpg" or ".webp"
        && place.AsSpan(0, 10).SequenceEqual($"images/{place.AsSpan(10, 2)}/");

    private static string Extension(string mediaType) => mediaType switch
    {
        "image/jpeg" => "jpg",
        "image/webp" => "webp",
        _ => "png",
    };
}

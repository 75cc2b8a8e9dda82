using System.Globalization;
using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.OpenAI;

/// <summary>What a request of the images API asks for, checked.</summary>
/// <param name="Order">What is to be made.</param>
internal sealed record ImagesRequest(JobRequest Order)
{
    private const int MostImages = 10;
    private const int LongestSide = 16_384;
    private const int ShortestSide = 16;

    private static readonly string[] Backgrounds = ["transparent", "opaque", "auto"];
    private static readonly string[] Qualities = ["auto", "low", "medium", "high", "standard", "hd"];
    private static readonly string[] ResponseFormats = ["b64_json", "url"];

    public required ImageFormat Format { get; init; }

    /// <summary>For JPEG and WebP, in [0, 100].</summary>
    public required int Compression { get; init; }

    public bool AsUrl { get; init; }

    public bool Streams { get; init; }

    public int PartialImages { get; init; }

    /// <summary>Reads what both endpoints share; <paramref name="images"/> is empty to make an image anew.</summary>
    public static ImagesRequest Read(RequestFields fields, IReadOnlyList<ReadOnlyMemory<byte>> images, ModelChoice model)
    {
        var streams = fields.Truth("stream") ?? false;
        var partial = (int)(fields.Integer("partial_images", 0, 3) ?? 0);
        if (partial > 0 && !streams)
        {
            throw OpenAIException.Invalid("partial_images", "invalid_value", "'partial_images' is only for requests with 'stream': true.");
        }

        fields.Choice("quality", Qualities);
        if (fields.Choice("background", Backgrounds) is "transparent")
        {
            throw OpenAIException.Unsupported("background", "Transparent backgrounds are not supported by this server's generators. Use 'opaque' or 'auto'.");
        }

        var format = fields.Choice("output_format", ImageFormat.Names);
        var asUrl = fields.Choice("response_format", ResponseFormats) is "url";
        if (asUrl && (streams || format is not (null or "png")))
        {
            throw OpenAIException.Invalid(
                "response_format", "invalid_value", "'response_format': 'url' is only for PNG images that are not streamed. Use 'b64_json'.");
        }

        return new(new JobRequest(Prompt(fields))
        {
            Images = images,
            Count = (int)(fields.Integer("n", 1, MostImages) ?? 1),
            Size = Size(fields),
            Seed = fields.Integer("seed", 0, long.MaxValue),
            Agent = model.Agent,
            Generator = model.Generator,
        })
        {
            Format = ImageFormat.Find(format ?? "png"),
            Compression = (int)(fields.Integer("output_compression", 0, 100) ?? 100),
            AsUrl = asUrl,
            Streams = streams,
            PartialImages = partial,
        };
    }

    /// <summary>The size of a field, as <c>1024x768</c>; null for none and for <c>auto</c>.</summary>
    public static JobSize? Size(RequestFields fields)
    {
        if (fields.Text("size") is not { } text || text is "auto") return null;
        var sides = text.Split('x');
        return sides.Length == 2 && Side(sides[0]) is { } width && Side(sides[1]) is { } height
            ? new(width, height)
            : throw OpenAIException.Invalid(
                "size",
                "invalid_value",
                $"Invalid value: '{(text.Length > 40 ? text[..40] : text)}'. Supported values are: 'auto', or WIDTHxHEIGHT with sides from {ShortestSide} to "
                    + $"{LongestSide}, as '1024x1024'.");
    }

    private static int? Side(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var side) && side is >= ShortestSide and <= LongestSide ? side : null;

    private static string Prompt(RequestFields fields) =>
        fields.Text("prompt") is { } prompt && !string.IsNullOrWhiteSpace(prompt) ? prompt : throw OpenAIException.Missing("prompt");
}

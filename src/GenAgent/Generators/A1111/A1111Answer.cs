using System.Globalization;
using System.Text.Json;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.A1111;

/// <summary>Reads the answer of txt2img and img2img: the images without the grid, each with the seed that the server used.</summary>
internal static class A1111Answer
{
    private static readonly string[] ImageNames = ["image", "data", "b64", "b64_json", "base64"];

    public static ImageGenerationResponse Read(byte[] body, A1111Request request, string server)
    {
        try
        {
            using var document = LooseJson.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("images", out var list)
                || list.ValueKind is not (JsonValueKind.Array or JsonValueKind.String))
            {
                throw new BackendAnswerException(
                    $"{server} answered without an image. It says: {BackendFault.Read(body).Excerpt.TrimEnd('.')}. Does it speak A1111's API at this address?");
            }

            var info = Info(root);
            JsonElement[] sent = list.ValueKind == JsonValueKind.String ? [list] : [.. list.EnumerateArray()];
            var encoded = sent.Where(image => image.ValueKind != JsonValueKind.Null || sent.Length == 1)
                .Select(image => Base64Text.Bytes(Text(image))).ToArray();
            var images = encoded.Skip(GridImages(info, encoded.Length, request.BatchSize)).ToArray();
            if (images.Length == 0)
            {
                throw new BackendAnswerException($"{server} answered without an image. It says: {BackendFault.Read(body).Excerpt}");
            }

            return new ImageGenerationResponse([.. images.Select((image, index) => WithSeed(ImageHeader.ToContent(image, server), info, index, request))]);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new BackendAnswerException(
                $"{server} sent an answer that cannot be understood: {exception.Message} Does it speak A1111's API at this address?", exception);
        }
    }

    // JSON inside JSON; sd-server sends an empty text, others the object itself, or words.
    private static JsonElement? Info(JsonElement root)
    {
        if (!root.TryGetProperty("info", out var info) || info.ValueKind == JsonValueKind.Object)
        {
            return info.ValueKind == JsonValueKind.Object ? info : null;
        }

        try
        {
            using var document = LooseJson.Parse(info.ValueKind == JsonValueKind.String ? JsonText.StringOf(info) : string.Empty);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // With several images A1111 puts a grid of all before them, and reports that.
    private static int GridImages(JsonElement? info, int sent, int asked) =>
        info is { } known && known.TryGetProperty("index_of_first_image", out var first)
            && first.ValueKind == JsonValueKind.Number && first.TryGetInt32(out var index)
            && index < sent
            ? Math.Max(index, 0)
            : sent == asked + 1 && asked > 1 ? 1 : 0;

    private static DataContent WithSeed(DataContent image, JsonElement? info, int index, A1111Request request)
    {
        long? seed = null;
        if (info is { } known && known.TryGetProperty("all_seeds", out var seeds) && seeds.ValueKind == JsonValueKind.Array && index < seeds.GetArrayLength())
        {
            // Whatever its type, it is the seed that the server used.
            var used = seeds[index].ValueKind is JsonValueKind.Number or JsonValueKind.String ? seeds[index].ToString() : string.Empty;
            seed = decimal.TryParse(used, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && number == decimal.Truncate(number) && number is >= 0 and <= long.MaxValue ? (long)number : null;
        }

        seed ??= PngText.Seed(image.Data.Span) ?? (request.Seed >= 0 ? request.Seed + index : null);
        return seed is { } drawn ? image.WithSeed(drawn) : image;
    }

    // Servers with A1111's API also send objects, with the image under a name of their own.
    private static string Text(JsonElement image) => image.ValueKind switch
    {
        JsonValueKind.String => image.GetString()!,
        JsonValueKind.Object => ImageNames
            .Select(name => image.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null)
            .FirstOrDefault(text => !string.IsNullOrEmpty(text)) ?? throw new FormatException("An image is an object without image data."),
        _ => throw new FormatException($"An image is {image.GetRawText()}."),
    };
}

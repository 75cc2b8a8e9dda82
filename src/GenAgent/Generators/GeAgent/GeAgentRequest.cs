using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.GeAgent;

/// <summary>The body of <c>POST /generate/</c>; fields that are null are left to the server.</summary>
internal sealed record GeAgentRequest
{
    [JsonPropertyName("prompt")]
    public required IReadOnlyList<string> Prompt { get; init; }

    [JsonPropertyName("height")]
    public required int Height { get; init; }

    [JsonPropertyName("width")]
    public required int Width { get; init; }

    /// <summary>The image to edit, PNG in base64.</summary>
    [JsonPropertyName("image")]
    public IReadOnlyList<string>? Image { get; init; }

    [JsonPropertyName("num_inference_steps")]
    public int? Steps { get; init; }

    [JsonPropertyName("guidance_scale")]
    public double? GuidanceScale { get; init; }

    [JsonPropertyName("num_images_per_prompt")]
    public int? Count { get; init; }
}

/// <summary>Reads the answer of <c>POST /generate/</c>: a status, and images as PNG in base64.</summary>
internal static class GeAgentAnswer
{
    /// <summary>Reads the images.</summary>
    /// <exception cref="BackendAnswerException">There are none, or they cannot be read.</exception>
    public static ImageGenerationResponse Read(byte[] body, string server)
    {
        try
        {
            using var answer = LooseJson.Parse(body);
            var images = JsonText.Member(answer.RootElement, "images") switch
            {
                { ValueKind: JsonValueKind.String } one => [one],
                { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().ToArray(),
                _ => [],
            };
            return images.Length > 0
                ? new ImageGenerationResponse([.. images.Select(image => ImageHeader.ToContent(Bytes(image), server))])
                : throw new BackendAnswerException(
                    $"{server} answered without an image (status \"{JsonText.Member(answer.RootElement, "status")}\"). "
                        + $"It says: {BackendFault.Read(body).Excerpt}");
        }
        catch (Exception broken) when (broken is JsonException or FormatException)
        {
            throw new BackendAnswerException(
                $"{server} sent an answer that cannot be understood: {broken.Message} Is it one of the geagent image servers?", broken);
        }
    }

    private static byte[] Bytes(JsonElement image) => image.ValueKind == JsonValueKind.String
        ? Base64Text.Bytes(JsonText.StringOf(image))
        : throw new FormatException($"An image is {image.ValueKind.ToString().ToLowerInvariant()}.");
}

[JsonSerializable(typeof(GeAgentRequest))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class GeAgentJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
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

/// <summary>The answer of <c>POST /generate/</c>.</summary>
internal sealed record GeAgentAnswer
{
    private const string Success = "success";

    [JsonPropertyName("status")]
    public string? Status { get; init; }

    /// <summary>PNG in base64.</summary>
    [JsonPropertyName("images")]
    public IReadOnlyList<string>? Images { get; init; }

    /// <summary>Reads the images.</summary>
    /// <exception cref="BackendAnswerException">There are none, or they cannot be read.</exception>
    public static ImageGenerationResponse Read(byte[] body, string server)
    {
        try
        {
            var answer = JsonSerializer.Deserialize(body, GeAgentJson.Default.GeAgentAnswer);
            if (answer is not { Status: Success, Images.Count: > 0 })
            {
                throw new BackendAnswerException($"{server} answered without an image (status \"{answer?.Status}\").");
            }

            return new ImageGenerationResponse([.. answer.Images.Select(image => ImageHeader.ToContent(Convert.FromBase64String(image), server))]);
        }
        catch (Exception broken) when (broken is JsonException or FormatException or ArgumentNullException)
        {
            throw new BackendAnswerException(
                $"{server} sent an answer that cannot be understood: {broken.Message} Is it one of the geagent image servers?", broken);
        }
    }
}

[JsonSerializable(typeof(GeAgentRequest))]
[JsonSerializable(typeof(GeAgentAnswer))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class GeAgentJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.OpenAI;

/// <summary>The answer of the images API.</summary>
internal sealed record ImagesAnswer(long Created, IReadOnlyList<ImagesItem> Data, string OutputFormat, string? Size, ImagesUsage Usage)
{
    public string Background { get; } = "opaque";

    public string Quality { get; } = "auto";
}

/// <summary>One image, and the prompt that the agent gave to the generator.</summary>
internal sealed record ImagesItem(
    [property: JsonPropertyName("b64_json")] string? Base64,
    string? Url,
    string? RevisedPrompt);

/// <summary>An event of a streamed answer.</summary>
internal sealed record ImagesEvent(
    string Type,
    [property: JsonPropertyName("b64_json")] string Base64,
    long CreatedAt,
    string Size,
    string OutputFormat)
{
    public string Background { get; } = "opaque";

    public string Quality { get; } = "auto";

    public int? PartialImageIndex { get; init; }

    public string? RevisedPrompt { get; init; }

    public ImagesUsage? Usage { get; init; }
}

/// <summary>Tokens of the agent's model: what it read, images included, and what it wrote.</summary>
internal sealed record ImagesUsage(long InputTokens, long OutputTokens, long TotalTokens, ImagesTokenDetails InputTokensDetails)
{
    public static ImagesUsage Of(RunTokens tokens) => new(tokens.Input, tokens.Output, tokens.Total, new(tokens.Input, 0));
}

/// <summary>How input tokens are made up; the agents' backends count them together, as text.</summary>
internal sealed record ImagesTokenDetails(long TextTokens, long ImageTokens);

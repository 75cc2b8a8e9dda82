using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GenAgent.Server.OpenAI;

/// <summary>How OpenAI writes JSON: names in snake_case; a member that has nothing to say is left out unless its type says otherwise.</summary>
internal static class OpenAIJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,

        // Never part of a web page; with escapes, images would be a tenth longer.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}

/// <summary>OpenAI's error object.</summary>
internal sealed record OpenAIError(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);

/// <summary>The body of a refused request.</summary>
internal sealed record OpenAIErrorBody(OpenAIError Error);

/// <summary>A list of things.</summary>
internal sealed record OpenAIList<T>(IReadOnlyList<T> Data)
{
    public string Object { get; } = "list";
}

/// <summary>An entry of <c>GET /v1/models</c>.</summary>
internal sealed record OpenAIModel(string Id, long Created)
{
    public string Object { get; } = "model";

    public string OwnedBy { get; } = "genagent";
}

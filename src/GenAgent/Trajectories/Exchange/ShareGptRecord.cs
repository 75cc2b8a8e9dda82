using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GenAgent.Trajectories.Exchange;

/// <summary>A conversation as it is written for LLaMA-Factory's ShareGPT format.</summary>
internal sealed record ShareGptRecord(
    [property: JsonPropertyName("conversations")] IReadOnlyList<ShareGptTurn> Conversations,
    [property: JsonPropertyName("system")] string? System = null,
    [property: JsonPropertyName("images")] IReadOnlyList<string>? Images = null,
    [property: JsonPropertyName("genagent")] string? Trajectory = null);

/// <summary>One turn as it is written.</summary>
internal sealed record ShareGptTurn([property: JsonPropertyName("from")] string From, [property: JsonPropertyName("value")] string Value)
{
    public const string Human = "human";
    public const string Gpt = "gpt";

    /// <summary>The placeholder for the next of the record's images.</summary>
    public const string ImagePlaceholder = ShareGptConversation.ImagePlaceholder;
}

/// <summary>The generated code that writes ShareGPT records.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ShareGptRecord))]
internal sealed partial class ShareGptJsonContext : JsonSerializerContext
{
    public static JsonSerializerOptions NewOptions() => new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

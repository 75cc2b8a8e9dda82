using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.OpenAI;

/// <summary>What a request said of itself, which its answer says again.</summary>
internal sealed record ResponseEcho(JsonElement? Tools, JsonElement? ToolChoice, JsonElement? Metadata, string? Instructions, string? User)
{
    public static ResponseEcho Of(RequestFields fields) => new(
        fields.Element("tools"),
        fields.Element("tool_choice"),
        fields.Element("metadata"),
        fields.Element("instructions") is { ValueKind: JsonValueKind.String } text ? text.GetString() : null,
        fields.Text("user"));
}

/// <summary>An answer of the Responses API.</summary>
internal sealed record ResponseAnswer([property: JsonIgnore] ResponseEcho Echo)
{
    private static readonly JsonElement None = JsonDocument.Parse("[]").RootElement.Clone();

    public required string Id { get; init; }

    public string Object { get; } = "response";

    public required long CreatedAt { get; init; }

    public required string Status { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ResponseFault? Error { get; init; }

    /// <summary>What the error is for a client that waits for the answer; null if there is none.</summary>
    [JsonIgnore]
    public OpenAIException? Failure { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public object? IncompleteDetails { get; } = null;

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Instructions => Echo.Instructions;

    public required string Model { get; init; }

    // Declared as objects, so that each item is written with its own members.
    public required IReadOnlyList<object> Output { get; init; }

    public bool ParallelToolCalls { get; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? PreviousResponseId { get; init; }

    public bool Store { get; init; }

    public bool Background { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? Temperature { get; } = null;

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? TopP { get; } = null;

    public object ToolChoice => (object?)Echo.ToolChoice ?? "auto";

    public JsonElement Tools => Echo.Tools ?? None;

    public JsonElement? Metadata => Echo.Metadata;

    public string? User => Echo.User;

    public ResponseUsage? Usage { get; init; }
}

/// <summary>Why an answer failed.</summary>
internal sealed record ResponseFault(string Code, string Message);

/// <summary>Tokens of the agent's model.</summary>
internal sealed record ResponseUsage(
    long InputTokens, ResponseCached InputTokensDetails, long OutputTokens, ResponseReasoned OutputTokensDetails, long TotalTokens)
{
    public static ResponseUsage Of(RunTokens tokens) => new(tokens.Input, new(0), tokens.Output, new(0), tokens.Total);
}

/// <summary>Input tokens by kind.</summary>
internal sealed record ResponseCached(long CachedTokens);

/// <summary>Output tokens by kind.</summary>
internal sealed record ResponseReasoned(long ReasoningTokens);

/// <summary>The agent's thoughts.</summary>
internal sealed record ReasoningItem(string Id, string Status, IReadOnlyList<SummaryText> Summary)
{
    public string Type { get; } = "reasoning";
}

/// <summary>A text of a reasoning item.</summary>
internal sealed record SummaryText(string Text)
{
    public string Type { get; } = "summary_text";
}

/// <summary>The image.</summary>
internal sealed record ImageCallItem(string Id, string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Result)
{
    public string Type { get; } = "image_generation_call";

    public string? RevisedPrompt { get; init; }

    public string? Size { get; init; }

    public string? OutputFormat { get; init; }
}

/// <summary>The agent's words.</summary>
internal sealed record MessageItem(string Id, string Status, IReadOnlyList<OutputText> Content)
{
    public string Type { get; } = "message";

    public string Role { get; } = "assistant";
}

/// <summary>A text of a message.</summary>
internal sealed record OutputText(string Text)
{
    public string Type { get; } = "output_text";

    public IReadOnlyList<string> Annotations { get; } = [];

    public IReadOnlyList<string> Logprobs { get; } = [];
}

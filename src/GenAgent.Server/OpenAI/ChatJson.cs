using System.Text.Json.Serialization;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.OpenAI;

/// <summary>The answer of chat completions.</summary>
internal sealed record ChatAnswer(string Id, long Created, string Model, IReadOnlyList<ChatChoice> Choices, ChatUsage Usage)
{
    public string Object { get; } = "chat.completion";
}

/// <summary>One of the answers.</summary>
internal sealed record ChatChoice(int Index, ChatMessageJson Message)
{
    public string FinishReason { get; } = "stop";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public object? Logprobs { get; } = null;
}

/// <summary>A message of the agent: its thoughts, its words, and its image.</summary>
internal sealed record ChatMessageJson(string? Content, string? ReasoningContent, IReadOnlyList<ChatImage>? Images)
{
    public string Role { get; } = "assistant";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Refusal { get; init; }
}

/// <summary>An image of a message, as OpenRouter and others write it.</summary>
internal sealed record ChatImage(int Index, ChatImageUrl ImageUrl)
{
    public string Type { get; } = "image_url";
}

/// <summary>Where an image is: a data URL.</summary>
internal sealed record ChatImageUrl(string Url);

/// <summary>A piece of a streamed answer.</summary>
internal sealed record ChatChunk(string Id, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices)
{
    public string Object { get; } = "chat.completion.chunk";

    public ChatUsage? Usage { get; init; }
}

/// <summary>What a piece adds to one of the answers.</summary>
internal sealed record ChatChunkChoice(int Index, ChatDelta Delta, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason = null);

/// <summary>What a piece adds to a message.</summary>
internal sealed record ChatDelta
{
    public string? Role { get; init; }

    public string? Content { get; init; }

    public string? ReasoningContent { get; init; }

    public IReadOnlyList<ChatImage>? Images { get; init; }
}

/// <summary>Tokens of the agent's model.</summary>
internal sealed record ChatUsage(long PromptTokens, long CompletionTokens, long TotalTokens)
{
    public static ChatUsage Of(RunTokens tokens) => new(tokens.Input, tokens.Output, tokens.Total);
}

using System.ClientModel.Primitives;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatResponseFormat = Microsoft.Extensions.AI.ChatResponseFormat;

namespace GenAgent.Models.Chat;

/// <summary>
/// Writes a request for chat completions. Members that a server added to the model's turns (reasoning, Gemini's thought signatures) are sent back
/// unchanged; fields that the server rejects (<see cref="ChatHabits"/>) are omitted.
/// </summary>
internal sealed class ChatRequest(OpenAIServerOptions server, ChatHabits habits, IChatClient client)
{
    /// <summary>The key under which a content stores its server's additional fields and values.</summary>
    public const string ExtrasKey = "genagent.extras";

    /// <summary>Log-probabilities of an answer's first token, as the server gave them: a content's property, of type <see cref="JsonElement"/>.</summary>
    public const string FirstTokenKey = "genagent.first_token";

    /// <summary>The property of a content with the server's own finish reason, where it is none that is known.</summary>
    public const string ReasonKey = "genagent.finish_reason";

    /// <summary>What <see cref="ChatReader"/> noted in an answer under a key; empty if the answer is another client's.</summary>
    public static IEnumerable<object> Notes(ChatResponse response, string key) => response.Messages.SelectMany(message => message.Contents)
        .Select(content => content.AdditionalProperties?.GetValueOrDefault(key)).OfType<object>();

    /// <summary>The key under which reasoning stores the name of its original field.</summary>
    public const string ReasoningKey = "genagent.reasoning_field";

    /// <summary>Fields of a model's message that its server needs back.</summary>
    public static readonly IReadOnlyList<string> Extras = ["extra_content", "reasoning_details"];

    public JsonObject Write(IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool stream)
    {
        var body = Raw(options);
        body["model"] ??= options?.ModelId ?? server.Model;
        body["messages"] = Messages(messages);
        Set("temperature", Number(options?.Temperature));
        Set("top_p", Number(options?.TopP));
        Set("seed", options?.Seed);
        Set("frequency_penalty", Number(options?.FrequencyPenalty));
        Set("presence_penalty", Number(options?.PresencePenalty));

        // OpenAI's own service requires max_completion_tokens; other servers support max_tokens, some only that. OpenAI has no top_k.
        var limit = server.IsOpenAI || habits.LeavesOut("max_tokens") ? "max_completion_tokens" : "max_tokens";
        Set(limit, options?.MaxOutputTokens);
        Set("top_k", server.IsOpenAI ? null : options?.TopK);
        Set(
            "enable_thinking",
            !server.IsOpenAI && options?.AdditionalProperties?.TryGetValue(RequestFields.EnableThinking, out var thinks) == true && thinks is bool thinking
                ? thinking
                : null);
        Set("stop", options?.StopSequences is { Count: > 0 } stops ? new JsonArray([.. stops.Select(stop => JsonValue.Create(stop))]) : null);
        Set("response_format", Format(options?.ResponseFormat));
        if (options?.Tools?.OfType<AIFunctionDeclaration>().Select(Tool).ToArray() is { Length: > 0 } tools)
        {
            Set("tools", new JsonArray(tools));
            Set("tool_choice", Choice(options.ToolMode));
            Set("parallel_tool_calls", options.AllowMultipleToolCalls);
        }

        if (stream && !habits.LeavesOut("stream"))
        {
            body["stream"] = true;
            Set("stream_options", new JsonObject { ["include_usage"] = true });
        }

        return body;

        void Set(string field, JsonNode? value)
        {
            if (value is not null && !habits.LeavesOut(field))
            {
                body[field] ??= value;
            }
        }
    }

    // Options that a caller set with OpenAI's types take precedence.
    private JsonObject Raw(ChatOptions? options)
    {
        if (options?.RawRepresentationFactory?.Invoke(client) is not ChatCompletionOptions given)
        {
            return [];
        }

        var raw = JsonNode.Parse(ModelReaderWriter.Write(given))!.AsObject();
        return new JsonObject(raw.Where(field => field.Key is not ("messages" or "model" or "stream") && !habits.LeavesOut(field.Key))
            .Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
    }

    private JsonArray Messages(IReadOnlyList<ChatMessage> messages)
    {
        var written = new JsonArray();
        foreach (var message in messages)
        {
            var results = message.Contents.OfType<FunctionResultContent>().ToList();
            foreach (var result in results)
            {
                written.Add((JsonNode)new JsonObject { ["role"] = "tool", ["tool_call_id"] = result.CallId, ["content"] = ResultText(result.Result) });
            }

            if (message.Role == ChatRole.Assistant)
            {
                written.Add((JsonNode)Assistant(message));
            }
            else if (results.Count == 0 || message.Contents.Count > results.Count)
            {
                var parts = Parts(message);
                if (habits.NoUserAfterTool && message.Role == ChatRole.User && written.LastOrDefault() is JsonObject last
                    && last["role"]!.GetValue<string>() is "tool")
                {
                    last["content"] = new JsonArray([new JsonObject { ["type"] = "text", ["text"] = last["content"]!.DeepClone() }, .. parts]);
                    continue;
                }

                var turn = new JsonObject
                {
                    ["role"] = message.Role.Value,
                    ["content"] = parts is [var only] && only["text"] is { } text && !message.IsInParts() ? text.DeepClone() : new JsonArray([.. parts])
                };
                if (message.AuthorName is { Length: > 0 } name) turn["name"] = name;
                written.Add((JsonNode)turn);
            }
        }

        return written;
    }

    private static List<JsonObject> Parts(ChatMessage message)
    {
        var parts = new List<JsonObject>();
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    parts.Add(new() { ["type"] = "text", ["text"] = text.Text });
                    break;
                case DataContent image when image.HasTopLevelMediaType("image"):
                    parts.Add(new() { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = image.Uri } });
                    break;
                case UriContent image when image.HasTopLevelMediaType("image"):
                    parts.Add(new() { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = image.Uri.AbsoluteUri } });
                    break;
                case DataContent or UriContent:
                    throw new NotSupportedException(
                        $"A message of {message.Role} holds a {content.GetType().Name} that is no image: chat servers take text and images.");
            }
        }

        return parts.Count > 0 ? parts : [new() { ["type"] = "text", ["text"] = string.Empty }];
    }

    private JsonObject Assistant(ChatMessage message)
    {
        var text = string.Concat(message.Contents.OfType<TextContent>().Select(content => content.Text));
        var calls = message.Contents.OfType<FunctionCallContent>().Select(Call).ToArray();
        var turn = new JsonObject { ["role"] = "assistant", ["content"] = text.Length == 0 && calls.Length > 0 ? null : text };
        if (calls.Length > 0)
        {
            turn["tool_calls"] = new JsonArray(calls);
        }

        foreach (var thoughts in message.Contents.OfType<TextReasoningContent>().Where(thought => thought.Text.Length > 0)
            .GroupBy(FieldOf, StringComparer.Ordinal))
        {
            if (thoughts.Key.Length > 0 && !habits.LeavesOut(thoughts.Key)) turn[thoughts.Key] = string.Concat(thoughts.Select(thought => thought.Text));
        }

        foreach (var content in message.Contents.Where(content => content is not FunctionCallContent))
        {
            AddExtras(turn, content);
        }

        return turn;
    }

    // Reasoning from another client has no field name and is not sent back.
    private static string FieldOf(TextReasoningContent thought) => thought.AdditionalProperties?.GetValueOrDefault(ReasoningKey) as string ?? string.Empty;

    private JsonNode Call(FunctionCallContent call)
    {
        // A truncated call has no arguments; some servers reject a conversation in which they are not a JSON object.
        var arguments = call.Arguments is null
            ? "{}"
            : JsonSerializer.Serialize(call.Arguments, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)));
        var written = new JsonObject
        {
            ["id"] = call.CallId,
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = arguments }
        };
        AddExtras(written, call);
        return written;
    }

    private void AddExtras(JsonObject target, AIContent content)
    {
        if (content.AdditionalProperties?.GetValueOrDefault(ExtrasKey) is Dictionary<string, JsonElement> extras)
        {
            foreach (var (name, value) in extras.Where(extra => !habits.LeavesOut(extra.Key)))
            {
                target[name] = JsonNode.Parse(value.GetRawText());
            }
        }
    }

    private static JsonNode Tool(AIFunctionDeclaration tool) => new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = tool.Name,
            ["description"] = tool.Description,
            ["parameters"] = JsonNode.Parse(tool.JsonSchema.GetRawText())
        },
    };

    private static JsonNode? Choice(ChatToolMode? mode) => mode switch
    {
        null => null,
        RequiredChatToolMode { RequiredFunctionName: { } name } => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name } },
        RequiredChatToolMode => "required",
        NoneChatToolMode => "none",
        _ => "auto",
    };

    private static JsonObject? Format(ChatResponseFormat? format) => format switch
    {
        ChatResponseFormatJson { Schema: { } schema } json => new JsonObject
        {
            ["type"] = "json_schema",
            ["json_schema"] = new JsonObject { ["name"] = json.SchemaName ?? "json_schema", ["schema"] = JsonNode.Parse(schema.GetRawText()) },
        },
        ChatResponseFormatJson => new JsonObject { ["type"] = "json_object" },
        _ => null,
    };

    // Formatted as float, not converted to double: 0.7, not 0.699999988079071.
    private static JsonNode? Number(float? value) =>
        value is { } number ? JsonNode.Parse(number.ToString("R", System.Globalization.CultureInfo.InvariantCulture)) : null;

    private static string ResultText(object? result) => result switch
    {
        null => string.Empty,
        string text => text,
        _ => JsonSerializer.Serialize(result, AIJsonUtilities.DefaultOptions),
    };
}

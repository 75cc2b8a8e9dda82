using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Tests.Models.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Models;

/// <summary>A recorded chat request, said again through our client.</summary>
internal static class RecordedChat
{
    public const string ChatPath = "/v1/chat/completions";

    public static IChatClient Client(LoopbackServer server, string model = "m", TimeProvider? time = null) =>
        OpenAIServer.CreateChatClient(
            new OpenAIServerOptions(model) { Endpoint = server.At("/v1"), Http = new BackendHttpOptions { MaxRetries = 0 } },
            timeProvider: time);

    /// <summary>The request in our words; null where it cannot be said (a body that is wrong on purpose, or a field that no abstraction has).</summary>
    public static (List<ChatMessage> Messages, ChatOptions Options)? Read(JsonObject? body)
    {
        string[] known = ["model", "messages", "max_tokens", "temperature", "top_p", "top_k", "seed", "stop", "stream", "stream_options", "tools",
            "tool_choice"];
        if (body?["messages"] is not JsonArray { Count: > 0 } turns || body.Any(field => !known.Contains(field.Key))
            || body["tools"] is JsonArray { Count: 0 } || (body["tool_choice"] is not null && body["tools"] is null) || body["stop"] is JsonValue)
        {
            return null;
        }

        var messages = new List<ChatMessage>();
        foreach (var turn in turns)
        {
            if (turn is not JsonObject || ReadContents(turn["content"]) is not { } contents || turn["tool_calls"] is not null
                || turn["tool_call_id"] is not null)
            {
                return null;
            }

            var role = turn["role"]?.GetValue<string>();
            if (role is not ("system" or "user" or "assistant"))
            {
                return null;
            }

            messages.Add(new ChatMessage(new ChatRole(role), contents));
        }

        try
        {
            return (messages, ReadOptions(body));
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or JsonException or NullReferenceException)
        {
            return null;
        }
    }

    private static ChatOptions ReadOptions(JsonObject body) => new()
    {
        ModelId = body["model"]?.GetValue<string>(),
        MaxOutputTokens = body["max_tokens"]?.GetValue<int>(),
        Temperature = body["temperature"]?.GetValue<float>(),
        TopP = body["top_p"]?.GetValue<float>(),
        TopK = body["top_k"]?.GetValue<int>(),
        Seed = body["seed"]?.GetValue<long>(),
        StopSequences = body["stop"] is JsonArray stops ? [.. stops.Select(stop => stop!.GetValue<string>())] : null,
        Tools = body["tools"] is JsonArray tools ? [.. tools.Select(ReadTool)] : null,
        ToolMode = body["tool_choice"] switch
        {
            null => null,
            JsonValue choice when choice.GetValue<string>() == "auto" => ChatToolMode.Auto,
            JsonValue choice when choice.GetValue<string>() == "none" => ChatToolMode.None,
            JsonValue choice when choice.GetValue<string>() == "required" => ChatToolMode.RequireAny,
            JsonObject choice => ChatToolMode.RequireSpecific(choice["function"]!["name"]!.GetValue<string>()),
            _ => throw new FormatException(),
        },
    };

    private static AITool ReadTool(JsonNode? tool)
    {
        var function = tool!["function"]!;
        return AIFunctionFactory.CreateDeclaration(
            function["name"]!.GetValue<string>(),
            function["description"]?.GetValue<string>(),
            JsonSerializer.SerializeToElement(function["parameters"]));
    }

    private static List<AIContent>? ReadContents(JsonNode? content)
    {
        if (content is JsonValue value && value.TryGetValue<string>(out var text))
        {
            return [new TextContent(text)];
        }

        if (content is not JsonArray parts)
        {
            return null;
        }

        var contents = new List<AIContent>();
        foreach (var part in parts)
        {
            switch ((part as JsonObject)?["type"]?.GetValue<string>())
            {
                case "text" when part["text"] is not null:
                    contents.Add(new TextContent(part["text"]!.GetValue<string>()));
                    break;
                case "image_url" when part["image_url"] is JsonObject image && image.Count == 1
                    && image["url"]?.GetValue<string>() is { } url && url.StartsWith("data:image/", StringComparison.Ordinal)
                    && url.Contains(";base64,i", StringComparison.Ordinal):
                    contents.Add(new DataContent(url));
                    break;
                default:
                    return null;
            }
        }

        return contents;
    }
}

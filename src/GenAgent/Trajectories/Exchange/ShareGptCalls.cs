using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Protocol;

namespace GenAgent.Trajectories.Exchange;

/// <summary>
/// Reads the shapes of tool calls in records, and converts them to the model's format: one JSON object or a list of them, thinking before it,
/// arguments as an object or as text (LLaMA-Factory's FunctionFormatter), and OpenAI's <c>tool_calls</c>.
/// </summary>
internal static class ShareGptCalls
{
    private const string Open = "<tool_call>";
    private const string Close = "</tool_call>";
    private const string ThinkClose = "</think>";

    /// <summary>The text of a turn of <c>function_call</c>.</summary>
    /// <exception cref="InvalidDataException">It holds no call.</exception>
    public static string OfText(string text)
    {
        if (text.Contains(Open, StringComparison.Ordinal)) return text;
        var at = text.LastIndexOf(ThinkClose, StringComparison.Ordinal) is var close and >= 0 ? close + ThinkClose.Length : 0;
        try
        {
            using var json = JsonDocument.Parse(text[at..]);
            var calls = Of(json.RootElement);
            return at > 0 ? $"{text[..at].Trim()}\n{calls}" : calls;
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"A call is no JSON: {broken.Message}", broken);
        }
    }

    /// <summary>The text of calls: an object with <c>name</c> and <c>arguments</c>, one with <c>function</c> that is such, or a list of them.</summary>
    /// <exception cref="InvalidDataException">It is no such thing.</exception>
    public static string Of(JsonElement calls) => calls.ValueKind switch
    {
        JsonValueKind.Array when calls.GetArrayLength() > 0 => string.Join('\n', calls.EnumerateArray().Select(One)),
        JsonValueKind.Object => One(calls),
        _ => throw new InvalidDataException("A call is no object with a \"name\", nor a list of them."),
    };

    private static string One(JsonElement call)
    {
        if (call.ValueKind == JsonValueKind.Object && call.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object)
        {
            call = function;
        }
        if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
            throw new InvalidDataException("A call has no text \"name\".");
        var told = new JsonObject { ["name"] = name.GetString() };
        if (call.TryGetProperty("arguments", out var arguments)) told["arguments"] = Arguments(arguments);
        return $"{Open}\n{PythonJson.Write(JsonSerializer.SerializeToElement(told))}\n{Close}";
    }

    private static JsonNode? Arguments(JsonElement arguments)
    {
        var text = arguments.ValueKind == JsonValueKind.String ? arguments.GetString()! : arguments.GetRawText();
        return JsonNode.Parse(string.IsNullOrWhiteSpace(text) ? "{}" : text) as JsonObject
            ?? throw new InvalidDataException("The \"arguments\" of a call are no JSON object.");
    }
}

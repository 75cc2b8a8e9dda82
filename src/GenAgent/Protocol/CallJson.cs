using System.Text;
using System.Text.Json;

namespace GenAgent.Protocol;

/// <summary>A tool call as text: <c>{"name": "...", "arguments": {...}}</c>.</summary>
internal static class CallJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a call, or reports the position in <paramref name="text"/> and the reason of the first error. Never throws.</summary>
    public static ToolCall? Read(string text, out int position, out string reason)
    {
        if (ReadJson(text, out position, out reason) is { } call)
        {
            return call;
        }

        // Errors refer to the original text.
        return text.Contains('\'', StringComparison.Ordinal) && PythonLiteral.ToJson(text) is { } json ? ReadJson(json, out _, out _) : null;
    }

    private static ToolCall? ReadJson(string text, out int position, out string reason)
    {
        position = 0;
        reason = string.Empty;
        var utf8 = Encoding.UTF8.GetBytes(text);
        try
        {
            using var document = JsonDocument.Parse(utf8, Strict);
            return Interpret(document.RootElement, out reason);
        }
        catch (JsonException broken)
        {
            position = CharacterAt(text, broken.LineNumber ?? 0, broken.BytePositionInLine ?? 0);
            reason = $"The tool call is no valid JSON here: {Shorten(broken.Message)}";
            return null;
        }
        catch (InvalidOperationException)
        {
            reason = "The tool call's JSON holds half of a surrogate pair in an escape sequence.";
            return null;
        }
    }

    private static ToolCall? Interpret(JsonElement root, out string reason)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            reason = "The tool call must be a JSON object: {\"name\": ..., \"arguments\": {...}}.";
            return null;
        }

        ReadAllStrings(root);
        if (!root.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
        {
            reason = "The tool call has no \"name\" that is a string.";
            return null;
        }

        if (!root.TryGetProperty("arguments", out var arguments) || arguments.ValueKind != JsonValueKind.Object)
        {
            reason = "The tool call has no \"arguments\" that are a JSON object.";
            return null;
        }

        reason = string.Empty;
        return new ToolCall(name.GetString()!, arguments.GetRawText());
    }

    // JsonDocument validates escape sequences only when a string is read; do that here, where an error can still be reported.
    private static void ReadAllStrings(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    ReadAllStrings(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    ReadAllStrings(item);
                }

                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
        }
    }

    private static int CharacterAt(string text, long line, long byteInLine)
    {
        var start = 0;
        for (; line > 0 && text.IndexOf('\n', start) is >= 0 and var end; line--)
        {
            start = end + 1;
        }

        foreach (var rune in text.AsSpan(start).EnumerateRunes())
        {
            if (byteInLine <= 0)
            {
                break;
            }

            byteInLine -= rune.Utf8SequenceLength;
            start += rune.Utf16SequenceLength;
        }

        return Math.Min(start, text.Length);
    }

    private static string Shorten(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}

using System.Text;
using System.Text.Json;
using GenAgent.Protocol;
using GenAgent.Storage;

namespace GenAgent.Models.Chat;

/// <summary>
/// Reads a call's arguments, which servers also send as JSON in a string, in a list of one, in a code fence, after an empty object or before a model's end
/// token.
/// </summary>
internal static class CallArguments
{
    /// <summary>The arguments by name.</summary>
    /// <exception cref="JsonException">They are not a JSON object.</exception>
    public static Dictionary<string, object?> Read(string text)
    {
        var inside = JsonText.WithoutHalves(CodeFence.Inside(text).Trim());
        if (inside.Length == 0 || inside is "null") return new(StringComparer.Ordinal);
        using var document = JsonDocument.Parse(Single(inside));
        return document.RootElement switch
        {
            { ValueKind: JsonValueKind.Object } root => Members(root),
            { ValueKind: JsonValueKind.String } root => Read(root.GetString()!),
            { ValueKind: JsonValueKind.Array } root when root.GetArrayLength() == 1 && root[0].ValueKind == JsonValueKind.Object => Members(root[0]),

            // An empty object, as PHP writes it.
            { ValueKind: JsonValueKind.Array } root when root.GetArrayLength() == 0 => new(StringComparer.Ordinal),
            var root => throw new JsonException($"The arguments are no JSON object, but {root.ValueKind.ToString().ToLowerInvariant()}."),
        };
    }

    /// <summary>Whether the text is one whole JSON object with members.</summary>
    public static bool IsObject(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.EnumerateObject().Any();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // Of a member that is there twice the last counts.
    private static Dictionary<string, object?> Members(JsonElement root)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var member in root.EnumerateObject()) members[member.Name] = member.Value.Clone();
        return members;
    }

    // The one value that counts of several: the one after an empty object, the first of two that are the same (be it once more as JSON in a string), the
    // one before an end token.
    private static string Single(string text)
    {
        var first = FirstValue(text);
        var rest = text[first.Length..].Trim();
        return rest.Length == 0 || (rest.StartsWith("<|", StringComparison.Ordinal) && rest.EndsWith("|>", StringComparison.Ordinal)) ? first
            : first is "{}" ? rest
            : string.Equals(rest, first, StringComparison.Ordinal) || IsQuoted(rest, first) ? first
            : text;
    }

    private static bool IsQuoted(string rest, string first)
    {
        if (!rest.StartsWith('"')) return false;
        using var document = JsonDocument.Parse(rest);
        return document.RootElement.ValueKind == JsonValueKind.String
            && string.Equals(document.RootElement.GetString()!.Trim(), first, StringComparison.Ordinal);
    }

    private static string FirstValue(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowMultipleValues = true });
        return reader.Read() && reader.TrySkip() ? Encoding.UTF8.GetString(utf8.AsSpan(0, (int)reader.BytesConsumed)) : text;
    }
}

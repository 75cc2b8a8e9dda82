using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace GenAgent.Server.Gateway;

/// <summary>
/// The JSON of an upstream's answer, which is read where a caller's is refused: of members of the same name the last counts, and half of a character is the
/// replacement character, or is joined with its other half, with which the next chunk's text begins. For one answer and one task.
/// </summary>
internal sealed partial class UpstreamJson
{
    private static readonly string[] Texts = ["content", "reasoning_content", "reasoning", "refusal"];

    private readonly Dictionary<string, char> _halves = new(StringComparer.Ordinal);

    /// <summary>Parses a chunk; null if it is no object.</summary>
    /// <exception cref="JsonException">The text is no JSON.</exception>
    public JsonObject? ParseObject(string text)
    {
        using var document = JsonDocument.Parse(text, Options);
        return Node(document.RootElement, name: null, isDelta: false) as JsonObject;
    }

    /// <summary>Parses a whole answer; null if it is no object.</summary>
    /// <exception cref="JsonException">The body is no JSON.</exception>
    public async Task<JsonObject?> ReadObjectAsync(Stream body, CancellationToken cancellationToken)
    {
        using var document = await JsonDocument.ParseAsync(body, Options, cancellationToken);
        return Node(document.RootElement, name: null, isDelta: false) as JsonObject;
    }

    private static JsonDocumentOptions Options => new() { MaxDepth = StrictJson.Deepest };

    private JsonNode? Node(JsonElement value, string? name, bool isDelta)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (var member in value.EnumerateObject())
                {
                    var own = Whole(Text(JsonMarshal.GetRawUtf8PropertyName(member)));
                    members[own] = Node(member.Value, own, name is "delta");
                }

                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. value.EnumerateArray().Select(item => Node(item, name: null, isDelta: false))]);
            case JsonValueKind.String:
                var text = Text(JsonMarshal.GetRawUtf8Value(value)[1..^1]);
                return isDelta && Texts.Contains(name, StringComparer.Ordinal) ? Joined(name!, text) : Whole(text);
            default:
                return JsonValue.Create(value.Clone());
        }
    }

    private string Joined(string name, string text)
    {
        if (text.Length == 0) return text;
        if (_halves.Remove(name, out var first)) text = first + text;
        if (!char.IsHighSurrogate(text[^1])) return Whole(text);
        _halves[name] = text[^1];
        return Whole(text[..^1]);
    }

    private static string Whole(string text) => text.Any(char.IsSurrogate) ? string.Concat(text.EnumerateRunes()) : text;

    // Unescaped here, since the framework refuses halves.
    private static string Text(ReadOnlySpan<byte> raw)
    {
        var text = Encoding.UTF8.GetString(raw);
        return !text.Contains('\\', StringComparison.Ordinal) ? text : Escape().Replace(text, match => match.ValueSpan[1] switch
        {
            'u' => ((char)ushort.Parse(match.ValueSpan[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToString(),
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            'b' => "\b",
            'f' => "\f",
            var same => same.ToString(),
        });
    }

    [GeneratedRegex(@"\\(u[0-9A-Fa-f]{4}|[^u])", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Escape();
}

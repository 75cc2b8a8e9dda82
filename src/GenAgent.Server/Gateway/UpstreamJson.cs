using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Storage;

namespace GenAgent.Server.Gateway;

/// <summary>
/// The JSON of an upstream's answer, which is read where a caller's is refused: of members of the same name the last counts, and half of a character is the
/// replacement character, or is joined with its other half, with which the next chunk's text begins. For one answer and one task.
/// </summary>
internal sealed class UpstreamJson
{
    private static readonly string[] Texts = ["content", "reasoning_content", "reasoning", "refusal"];

    private readonly Dictionary<string, char?> _halves = new(StringComparer.Ordinal);

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
                    var own = JsonText.NameOf(member);
                    members[own] = Node(member.Value, own, name is "delta");
                }

                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. value.EnumerateArray().Select(item => Node(item, name: null, isDelta: false))]);
            case JsonValueKind.String when isDelta && Texts.Contains(name, StringComparer.Ordinal):
                return JsonText.Joined(JsonText.WithHalves(value), ref CollectionsMarshal.GetValueRefOrAddDefault(_halves, name!, out _));
            case JsonValueKind.String:
                return JsonText.StringOf(value);
            default:
                return JsonValue.Create(value.Clone());
        }
    }
}

using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAgent.Server;

/// <summary>
/// JSON from outside, checked as a whole when it is parsed. Halves of characters (<c>"\ud83d"</c>), bytes that are no UTF-8 and members of the same name are
/// errors here: the framework reports them only when a member is read or written again, which may be long after the value was accepted.
/// </summary>
internal static class StrictJson
{
    /// <summary>Objects within objects, at most.</summary>
    public const int Deepest = 64;

    /// <summary>Parses an object; null for any other value.</summary>
    /// <exception cref="JsonException">The text is no JSON, or cannot be read as a whole.</exception>
    public static JsonObject? ParseObject(string text)
    {
        try
        {
            var value = JsonElement.Parse(text, Options(Deepest));
            Visit(value);
            return ObjectOf(value);
        }
        catch (InvalidOperationException half)
        {
            throw Unreadable(half);
        }
    }

    /// <summary>Parses an object; null for any other value.</summary>
    /// <exception cref="JsonException">The body is no JSON, or cannot be read as a whole.</exception>
    public static async Task<JsonObject?> ReadObjectAsync(Stream body, CancellationToken cancellationToken) =>
        ObjectOf(await ReadAsync(body, Deepest, cancellationToken));

    /// <summary>Parses any value.</summary>
    /// <exception cref="JsonException">The body is no JSON, or cannot be read as a whole.</exception>
    public static async Task<JsonElement> ReadAsync(Stream body, int depth, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(body, Options(depth), cancellationToken);
            Visit(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (InvalidOperationException half)
        {
            throw Unreadable(half);
        }
    }

    /// <summary>Checks the texts and names of a value that was parsed elsewhere.</summary>
    /// <exception cref="JsonException">A text cannot be read.</exception>
    public static void RequireWhole(JsonElement value)
    {
        try
        {
            Visit(value);
        }
        catch (InvalidOperationException half)
        {
            throw Unreadable(half);
        }
    }

    private static JsonException Unreadable(InvalidOperationException half) =>
        new("A text holds half of a character (a lone surrogate, as in \"\\ud83d\"), or bytes that are no UTF-8.", half);

    private static JsonDocumentOptions Options(int depth) => new() { AllowDuplicateProperties = false, MaxDepth = depth };

    private static JsonObject? ObjectOf(JsonElement value) => value.ValueKind == JsonValueKind.Object ? JsonObject.Create(value) : null;

    private static void Visit(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    if (NeedsReading(JsonMarshal.GetRawUtf8PropertyName(member))) _ = member.Name;
                    Visit(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) Visit(item);
                break;
            case JsonValueKind.String when NeedsReading(JsonMarshal.GetRawUtf8Value(value)):
                _ = value.GetString();
                break;
        }
    }

    // The megabytes of an image in base64 are not copied for nothing.
    private static bool NeedsReading(ReadOnlySpan<byte> raw) => raw.Contains((byte)'\\') || !Ascii.IsValid(raw);
}

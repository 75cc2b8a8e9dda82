using System.Text.Json.Nodes;
using GenAgent.Server.OpenAI;
using GenAgent.Server.Images;
using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>The conversation of a request of chat completions, with its images. Immutable.</summary>
/// <param name="Messages">The messages.</param>
/// <param name="Images">The content of each image, by its id.</param>
internal sealed record AskedConversation(IReadOnlyList<RecordedMessage> Messages, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Images)
{
    private const string Field = "messages";
    private const int MostMessages = 10_000;
    private const int MostImages = 1000;

    /// <summary>For each message a hash of the conversation up to its end.</summary>
    public IReadOnlyList<string> Hashes { get; } = RecordedMessage.Hashes(string.Empty, Messages);

    /// <summary>Reads the member <c>messages</c> of a request.</summary>
    /// <exception cref="OpenAIException">It is none, or holds what cannot be recorded.</exception>
    /// <exception cref="RefusedException">An image is none, or too large.</exception>
    public static AskedConversation Read(JsonObject request, ServerOptions options)
    {
        if (request[Field] is not JsonArray { Count: > 0 } written) throw OpenAIException.Missing(Field);
        if (written.Count > MostMessages) throw Wrong($"there are {written.Count} messages, but at most {MostMessages} are allowed.");
        var images = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var messages = new List<RecordedMessage>();
        var known = new Dictionary<string, ImageReference>(StringComparer.Ordinal);
        foreach (var (index, node) in written.Index())
        {
            if (node is not JsonObject message || Text(message["role"]) is not { } role) throw Wrong($"message {index} is no object with a role.");
            messages.Add(new(role is "developer" ? "system" : role, [.. Parts(message["content"], index)])
            {
                Calls = role is "assistant" && message["tool_calls"] is JsonArray { Count: > 0 } calls ? ReadCalls(calls) : null,
                CallId = Text(message["tool_call_id"]),
            });
        }

        return new(messages, images);

        IEnumerable<RecordedPart> Parts(JsonNode? content, int index)
        {
            if (content is null) yield break;
            if (Text(content) is { } whole)
            {
                if (whole.Length > 0) yield return new(whole);
                yield break;
            }

            if (content is not JsonArray parts) throw Wrong($"the content of message {index} is neither text nor a list of parts.");
            foreach (var part in parts)
            {
                yield return Text(part?["type"]) switch
                {
                    "text" => new(Text(part!["text"]) ?? string.Empty),
                    "image_url" => new(null, Image(Text(part!["image_url"]) ?? Text(part["image_url"]?["url"]) ?? string.Empty)),
                    var other => throw OpenAIException.Unsupported(
                        Field, $"Message {index} has a part of the type \"{other}\": text and images (image_url) can be recorded."),
                };
            }
        }

        ImageReference Image(string url)
        {
            if (known.TryGetValue(url, out var seen)) return seen;
            var bytes = InputImages.Decode(Field, url);
            var image = UploadedImage.Describe(bytes, options, Field);
            images[image.Id] = bytes;
            return images.Count <= MostImages
                ? known[url] = image
                : throw new RefusedException(413, $"The conversation has more than {MostImages} images.", Field);
        }
    }

    /// <summary>A JSON text; null for anything else.</summary>
    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static IReadOnlyList<RecordedToolCall> ReadCalls(JsonArray calls) =>
    [
        .. calls.OfType<JsonObject>().Select(call => new RecordedToolCall(
            Text(call["id"]), Text(call["function"]?["name"]) ?? string.Empty, Text(call["function"]?["arguments"]) ?? string.Empty)),
    ];

    private static OpenAIException Wrong(string what) => OpenAIException.Invalid(Field, "invalid_value", $"Invalid '{Field}': {what}");
}

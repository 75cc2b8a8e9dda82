using System.Text.Json;

namespace GenAgent.Server.OpenAI;

/// <summary>
/// What a conversation asks for: the words and the images of its last user message. The parts of chat completions and of Responses are both read.
/// </summary>
/// <param name="Text">Its words.</param>
/// <param name="Images">Its images; empty to make one anew.</param>
internal sealed record LastUserMessage(string Text, IReadOnlyList<ReadOnlyMemory<byte>> Images)
{
    /// <summary>The id of the last image call in the conversation, where the message brings no image and the call none either; null for none.</summary>
    public string? EarlierCall { get; init; }

    /// <summary>Reads <c>messages</c> of chat completions, or <c>input</c> of Responses.</summary>
    /// <param name="parameter">The field's name, for errors.</param>
    /// <param name="messages">An array of messages.</param>
    public static LastUserMessage Read(string parameter, JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array) throw OpenAIException.WrongType(parameter, "an array of messages", RequestFields.InWords(messages));
        JsonElement? last = null;
        JsonElement? call = null;
        var index = 0;
        var found = 0;
        foreach (var message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object)
            {
                throw OpenAIException.WrongType($"{parameter}[{index}]", "an object", RequestFields.InWords(message));
            }
            if (message.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String && role.ValueEquals("user"))
            {
                (last, found) = (message, index);
            }
            if (message.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("image_generation_call"))
            {
                call = message;
            }
            index++;
        }

        if (last is not { } user)
        {
            throw OpenAIException.Invalid(parameter, "invalid_value", $"Invalid '{parameter}': there is no user message, so that nothing is asked for.");
        }
        var read = OfContent($"{parameter}[{found}].content", user.TryGetProperty("content", out var content) ? content : default);
        return call is { } earlier && read.Images.Count == 0 ? read.GoingOnFrom(parameter, RequestFields.Of(earlier)) : read;
    }

    // As clients send an answer's items back: with the image, or by the id alone.
    private LastUserMessage GoingOnFrom(string parameter, RequestFields call) => call.Text("result") is { Length: > 0 } image
        ? this with { Images = [InputImages.Decode($"{parameter}.result", image)] }
        : this with { EarlierCall = call.Text("id") ?? throw OpenAIException.Missing($"{parameter}.id") };

    private static LastUserMessage OfContent(string parameter, JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String) return Checked(parameter, content.GetString()!, []);
        if (content.ValueKind != JsonValueKind.Array)
        {
            throw OpenAIException.WrongType(parameter, "a string or an array of parts", RequestFields.InWords(content));
        }
        var texts = new List<string>();
        var images = new List<ReadOnlyMemory<byte>>();
        foreach (var part in content.EnumerateArray())
        {
            var fields = RequestFields.Of(
                part.ValueKind == JsonValueKind.Object
                    ? part
                    : throw OpenAIException.WrongType(parameter, "an array of parts", $"an array with {RequestFields.InWords(part)}"));
            switch (fields.Text("type"))
            {
                case "text" or "input_text":
                    texts.Add(fields.Text("text") ?? throw OpenAIException.Missing($"{parameter}.text"));
                    break;
                case "image_url" or "input_image":
                    images.Add(InputImages.Read($"{parameter}.image_url", part));
                    break;
                case var other:
                    throw OpenAIException.WrongValue($"{parameter}.type", other ?? "null", ["text", "input_text", "image_url", "input_image"]);
            }
        }

        return Checked(parameter, string.Join('\n', texts), images);
    }

    private static LastUserMessage Checked(string parameter, string text, IReadOnlyList<ReadOnlyMemory<byte>> images) => string.IsNullOrWhiteSpace(text)
        ? throw OpenAIException.Invalid(
            parameter, "invalid_value", $"Invalid '{parameter}': the last user message has no text. Say in words what the image should show.")
        : new(text, images);
}

using System.Text.Json;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace GenAgent.Models;

/// <summary>Fields of a chat request that OpenAI's package has no property for, though servers of its protocol know them.</summary>
internal static class RequestFields
{
    /// <summary>Key in a request's additional properties: whether the model is to think. Sent as it is.</summary>
    public const string EnableThinking = "enable_thinking";

    /// <summary>The message with its text as a list of one part, where the package would send a string.</summary>
    public static ChatMessage InParts(ChatMessage message, string text)
    {
        var raw = new UserChatMessage(text);
        raw.Patch.Set("$.content"u8, JsonSerializer.SerializeToUtf8Bytes(new[] { new { type = "text", text } }));
        var copy = message.Clone();
        copy.RawRepresentation = raw;
        return copy;
    }
}

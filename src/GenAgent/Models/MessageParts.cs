using Microsoft.Extensions.AI;

namespace GenAgent.Models;

/// <summary>
/// Marks a message whose text must be sent as a list of parts even if there is only one. OpenAI's package sends a single text as a plain string, which some
/// chat templates treat differently.
/// </summary>
internal static class MessageParts
{
    private const string Key = "genagent.parts";

    /// <summary>Marks the message, and returns the same one.</summary>
    public static ChatMessage AsParts(this ChatMessage message)
    {
        (message.AdditionalProperties ??= [])[Key] = true;
        return message;
    }

    /// <summary>Whether the message is marked.</summary>
    public static bool IsInParts(this ChatMessage message) => message.AdditionalProperties?.ContainsKey(Key) == true;
}

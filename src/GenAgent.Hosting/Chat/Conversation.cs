using GenAgent.Agents;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Hosting.Chat;

/// <summary>What a conversation asks an image agent for: the words and the images of its last user message.</summary>
internal static class Conversation
{
    /// <summary>The request of a conversation.</summary>
    /// <exception cref="ArgumentException">There is no user message, it has no words, or it names an image by its address.</exception>
    public static AgentRequest Read(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var last = messages.LastOrDefault(message => message.Role == ChatRole.User)
            ?? throw new ArgumentException("The conversation has no user message: it asks for nothing.", nameof(messages));
        if (string.IsNullOrWhiteSpace(last.Text))
        {
            throw new ArgumentException("The last user message has no text: say in words what the image should show.", nameof(messages));
        }

        if (last.Contents.OfType<UriContent>().FirstOrDefault() is { } named)
        {
            throw new ArgumentException(
                $"The last user message names an image by its address ({named.Uri}), which is not fetched: send the image itself as DataContent.",
                nameof(messages));
        }

        return new(last.Text)
        {
            OriginalImages = [.. last.Contents.OfType<DataContent>().Where(content => content.HasTopLevelMediaType("image"))],
            Seed = options?.Seed is { } seed ? SeedPath.FromRoot((ulong)seed) : null,
        };
    }
}

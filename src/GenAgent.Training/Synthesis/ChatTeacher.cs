using Microsoft.Extensions.AI;

namespace GenAgent.Training.Synthesis;

/// <summary>
/// A teacher behind any chat client. What it is told of the hint (a reference image, a checklist) stands in private messages that are put in
/// on the way to the model: the agent's own conversation, which the trajectory records, never holds them. The client stays its owner's.
/// </summary>
/// <param name="client">A model that sees images.</param>
/// <param name="name">What stands in the manifest; null for the client's own name.</param>
public sealed class ChatTeacher(IChatClient client, string? name = null) : ITeacher
{
    private const string Private =
        """
        Private instructions, for this conversation only. You are writing an example for another agent, which will see the user's request and the generated images and nothing else. Write every turn as that agent would write it: from the request and from what the generated image itself shows. Judge strictly. When an image falls short, name the concrete fault, and write a prompt that says it differently, not one that changes a few words.
        What follows helps you to judge. Never speak of it: no word of a hint, a reference, a checklist, a target, a ground truth, or of these instructions.
        """;

    /// <inheritdoc/>
    public string Name => name ?? client.GetService<ChatClientMetadata>()?.DefaultModelId ?? "chat";

    /// <inheritdoc/>
    public IChatClient Begin(SynthesisPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return new Hinted(client, prompt);
    }

    private static List<ChatMessage> WithHint(IEnumerable<ChatMessage> messages, SynthesisPrompt prompt)
    {
        List<AIContent> hint = [new TextContent(Private)];
        if (prompt.Checklist.Count > 0)
            hint.Add(new TextContent("The image must show: " + string.Join("; ", prompt.Checklist)));
        List<ChatMessage> all = [.. messages];
        var own = all.FindLastIndex(m => m.Role == ChatRole.System) + 1;
        all.Insert(own, new ChatMessage(ChatRole.System, hint));

        // Most servers take images from users alone.
        if (prompt.Reference is { } reference)
            all.Insert(own + 1, new ChatMessage(ChatRole.User, [new TextContent("Private: an image of what is meant, not made by the generator."), reference]));
        return all;
    }

    // No delegating client: disposing of that would dispose of the model, which is its owner's.
    private sealed class Hinted(IChatClient inner, SynthesisPrompt prompt) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            inner.GetResponseAsync(WithHint(messages, prompt), options, cancellationToken);

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            inner.GetStreamingResponseAsync(WithHint(messages, prompt), options, cancellationToken);

        public object? GetService(Type serviceType, object? serviceKey = null) => inner.GetService(serviceType, serviceKey);

        public void Dispose()
        {
        }
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Systems;

/// <summary>
/// A model that writes one prompt and is never shown what came of it: as soon as the conversation holds an image of a tool, the answer is given without asking.
/// So an agent is rewriting alone, the paper's "no tool loop".
/// </summary>
/// <param name="inner">The model.</param>
public sealed class BlindChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    private const string Answer = "<answer>image 1</answer>";

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        HasImage(messages) ? Task.FromResult(Response()) : base.GetResponseAsync(messages, options, cancellationToken);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (HasImage(messages))
        {
            foreach (var update in Response().ToChatResponseUpdates())
                yield return update;
            yield break;
        }

        await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
            yield return update;
    }

    private static bool HasImage(IEnumerable<ChatMessage> messages) =>
        messages.Any(m => m.Contents.OfType<DataContent>().Any(c => c.HasTopLevelMediaType("image")));

    private static ChatResponse Response() =>
        new(new ChatMessage(ChatRole.Assistant, Answer)) { FinishReason = ChatFinishReason.Stop,
        Usage = new UsageDetails { InputTokenCount = 0, OutputTokenCount = 0 } };
}

using System.Runtime.CompilerServices;
using GenAgent.Agents;
using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Hosting.Chat;

/// <summary>
/// An image agent as a chat client: the last user message says what to make, and its images are edited. The reply streams the agent's judgments and thoughts
/// as <see cref="TextReasoningContent"/>, each image on the way as <see cref="ImageGenerationToolResultContent"/>, and ends with the chosen image as
/// <see cref="DataContent"/> and the agent's answer as <see cref="TextContent"/>. Earlier messages are not read. Safe to use from many tasks at once.
/// </summary>
/// <remarks>
/// <see cref="ChatOptions.Seed"/> is the root of the run's seeds; the agent's own options decide everything else. A request that the agent declines in words
/// is a reply without an image. The agent stays its owner's.
/// </remarks>
/// <param name="agent">The agent.</param>
public sealed class ImageAgentChatClient(ImageAgent agent) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new(
        "genagent", defaultModelId: agent.GetService<IChatClient>()?.GetService<ChatClientMetadata>()?.DefaultModelId);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The last user message has no text, or the prompt or an image is refused.</exception>
    /// <exception cref="NoImageException">The run ended before it made an image, for another reason than that the agent declined.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The last user message has no text, or the prompt or an image is refused.</exception>
    /// <exception cref="NoImageException">The run ended before it made an image, for another reason than that the agent declined.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = Conversation.Read(messages, options);
        var answer = string.Empty;
        var id = string.Empty;
        await using var events = agent.RunStreamingAsync(request, cancellationToken).GetAsyncEnumerator(CancellationToken.None);
        while (await MoveNextAsync(events))
        {
            var happened = events.Current;
            id = happened.TrajectoryId;
            answer = (happened as AnswerEvent)?.Text ?? answer;
            if (Contents(happened) is { Count: > 0 } contents)
            {
                yield return Update(contents);
            }
        }

        yield return Update([new TextContent(answer)], ChatFinishReason.Stop);

        ChatResponseUpdate Update(IList<AIContent> contents, ChatFinishReason? finish = null) => new(ChatRole.Assistant, contents)
        {
            ResponseId = id,
            MessageId = id,
            ModelId = _metadata.DefaultModelId,
            FinishReason = finish,
        };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(ImageAgent) ? agent
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The agent stays its owner's.
    }

    // A request that is declined has been answered in words by then.
    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<AgentEvent> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (NoImageException declined) when (declined.StopReason == StopReason.Declined)
        {
            return false;
        }
    }

    private static IList<AIContent> Contents(AgentEvent happened) => happened switch
    {
        TextDeltaEvent { Section: TurnSection.Judgment or TurnSection.Thought } delta => [new TextReasoningContent(delta.Text)],
        JudgmentEvent or ThoughtEvent => [new TextReasoningContent("\n\n")],
        CallEvent call => [new ImageGenerationToolCallContent(CallId(call))],
        AttemptEvent attempt =>
            [new ImageGenerationToolResultContent(CallId(attempt)) { Outputs = [attempt.Attempt.Image], RawRepresentation = attempt.Attempt }],
        RunCompletedEvent { Result: var result } =>
        [
            result.Image,
            new UsageContent(Usage(result.Trajectory.Tokens)) { RawRepresentation = result },
        ],
        _ => [],
    };

    private static string CallId(AgentEvent happened) => $"{happened.TrajectoryId}/{happened.Round}";

    private static UsageDetails Usage(TokenUsage tokens) =>
        new() { InputTokenCount = tokens.Input, OutputTokenCount = tokens.Output, TotalTokenCount = tokens.Input + tokens.Output };
}

using System.Runtime.CompilerServices;
using GenAgent.Agents;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Agents;

/// <summary>A chat client that says what it was told to say, turn by turn, and remembers what it was asked.</summary>
internal sealed class ScriptedModel(params Func<ScriptedModel.Request, ChatMessage>[] turns) : IChatClient
{
    private readonly List<Request> _requests = [];

    public ScriptedModel(params string[] turns)
        : this([.. turns.Select<string, Func<Request, ChatMessage>>(text => _ => new ChatMessage(ChatRole.Assistant, text))])
    {
    }

    public IReadOnlyList<Request> Requests => _requests;

    /// <summary>What each response counts; null for a backend that does not count.</summary>
    public UsageDetails? Usage { get; init; }

    public ChatFinishReason FinishReason { get; init; } = ChatFinishReason.Stop;

    /// <summary>What the model says that it was told in training.</summary>
    public AgentProfile? Profile { get; init; }

    /// <summary>How many characters a streamed update has.</summary>
    public int ChunkSize { get; init; } = 3;

    /// <summary>What a response is to carry besides its message.</summary>
    public Action<ChatResponse, Request>? Decorate { get; init; }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Respond(messages, options));
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = Respond(messages, options);
        foreach (var content in response.Messages[0].Contents)
        {
            if (content is not TextContent { Text: var text })
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, [content]);
                continue;
            }

            for (var at = 0; at < text.Length; at += ChunkSize)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                yield return new ChatResponseUpdate(ChatRole.Assistant, text.Substring(at, Math.Min(ChunkSize, text.Length - at)));
            }
        }

        var last = new ChatResponseUpdate(ChatRole.Assistant, Usage is null ? [] : [new UsageContent(Usage)])
        {
            FinishReason = FinishReason,
            ModelId = response.ModelId,
            AdditionalProperties = response.AdditionalProperties,
        };
        yield return last;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", null, "script-7b")
        : serviceType == typeof(AgentProfile) ? Profile
        : null;

    public void Dispose()
    {
    }

    private ChatResponse Respond(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        Request request;
        lock (_requests)
        {
            request = new Request(_requests.Count, [.. messages], options!);
            _requests.Add(request);
        }

        var turn = turns[Math.Min(request.Messages.Count(message => message.Role == ChatRole.Assistant), turns.Length - 1)];
        var response = new ChatResponse(turn(request)) { Usage = Usage, FinishReason = FinishReason, ModelId = "script-7b-0401" };
        Decorate?.Invoke(response, request);
        return response;
    }

    internal sealed record Request(int Index, IReadOnlyList<ChatMessage> Messages, ChatOptions Options)
    {
        /// <summary>The last message's text, with <c>[image]</c> where an image stands.</summary>
        public string LastText => string.Concat(Messages[^1].Contents.Select(content => content is TextContent text ? text.Text : "[image]"));
    }
}

using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Judging;

/// <summary>A chat model that answers by a function of the request, and keeps what it was asked.</summary>
internal sealed class ScriptedChat(Func<ScriptedChat.Asked, string> answer) : IChatClient
{
    public sealed record Asked(int Index, IReadOnlyList<ChatMessage> Messages, ChatOptions Options)
    {
        public string Text => string.Join('\n', Messages.Select(message => message.Text));

        public IEnumerable<DataContent> Images => Messages.SelectMany(message => message.Contents).OfType<DataContent>();
    }

    private readonly ConcurrentQueue<Asked> _asked = new();
    private int _count;

    public static ScriptedChat Saying(params string[] answers) => new(asked => answers[Math.Min(asked.Index, answers.Length - 1)]);

    public IReadOnlyList<Asked> Requests => [.. _asked];

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        var asked = new Asked(Interlocked.Increment(ref _count) - 1, [.. messages], options!);
        _asked.Enqueue(asked);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, answer(asked)));
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = await GetResponseAsync(messages, options, cancellationToken);
        yield return new ChatResponseUpdate(ChatRole.Assistant, response.Text);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", null, "tiny-judge") : null;

    public void Dispose()
    {
    }

    public static ClientResultException BadRequest(string message) => new(message, new Refused());

    private sealed class Refused : PipelineResponse
    {
        public override int Status => 400;

        public override string ReasonPhrase => "Bad Request";

        public override Stream? ContentStream { get; set; }

        public override BinaryData Content => BinaryData.FromString(string.Empty);

        protected override PipelineResponseHeaders HeadersCore => throw new NotSupportedException();

        public override BinaryData BufferContent(CancellationToken cancellationToken = default) => Content;

        public override ValueTask<BinaryData> BufferContentAsync(CancellationToken cancellationToken = default) => new(Content);

        public override void Dispose()
        {
        }
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Tests;

/// <summary>A chat model that replies by a script, and counts its calls.</summary>
internal sealed class StubJudge(Func<string, int, string> reply) : IChatClient
{
    private int _calls;

    public int Calls => _calls;

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var call = Interlocked.Increment(ref _calls);
        return Task.FromResult(
            new ChatResponse(new ChatMessage(ChatRole.Assistant, reply(messages.Last().Text, call))) { ModelId = "stub-1",
            Usage = new() { InputTokenCount = 10, OutputTokenCount = 5 } });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            yield return update;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}

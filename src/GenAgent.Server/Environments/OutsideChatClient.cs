using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Environments;

/// <summary>
/// An agent's model whose turns come from outside: a call shows what the model would be asked, and waits for a turn. For one run; the run and the outside
/// take turns.
/// </summary>
internal sealed class OutsideChatClient : IChatClient
{
    /// <summary>The scheme of the URI that stands for it.</summary>
    public const string Scheme = "outside";

    private TaskCompletionSource<IReadOnlyList<ChatMessage>> _asked = NewSource<IReadOnlyList<ChatMessage>>();
    private TaskCompletionSource<string> _turn = NewSource<string>();

    /// <summary>The messages that the model has not seen yet, once it is asked.</summary>
    public Task<IReadOnlyList<ChatMessage>> Asked => _asked.Task;

    /// <summary>Adds the scheme, so that an agent can be composed before there is a run.</summary>
    public static BackendRegistry AddTo(BackendRegistry registry) => registry.AddChatClient(
        new(Scheme, BackendForm.NameOnly, Scheme, "turns that others' trainers sample"), static (_, _) => new(new OutsideChatClient()));

    /// <summary>Gives the model's turn; the model must have been asked.</summary>
    public void Take(string turn)
    {
        _asked = NewSource<IReadOnlyList<ChatMessage>>();
        _turn.SetResult(turn);
    }

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var all = messages.ToList();
        var turn = _turn = NewSource<string>();
        _asked.SetResult([.. all.Skip(all.FindLastIndex(message => message.Role == ChatRole.Assistant) + 1)]);
        return new(new ChatMessage(ChatRole.Assistant, await turn.Task.WaitAsync(cancellationToken))) { FinishReason = ChatFinishReason.Stop };
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Turns from outside come as a whole.");

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata(Scheme, providerUri: null, Scheme) : null;

    public void Dispose()
    {
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

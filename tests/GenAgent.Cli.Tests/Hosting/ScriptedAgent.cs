using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace GenAgent.Cli.Tests.Hosting;

/// <summary>A chat model whose turns depend on how many images it was shown: two rounds and an answer, unless told otherwise.</summary>
internal sealed class ScriptedAgent : IChatClient
{
    public const string FirstTurn =
        """
        <think>A red cat sits on a blue chair, so both colours must be named.</think>
        <tool_call>
        {"name": "generate_image", "arguments": {"prompt": "a photo of a red cat on a blue chair"}}
        </tool_call>
        """;

    public const string SecondTurn =
        """
        <judge>The chair is green.
        verdict: fail</judge>
        <think>Say that the chair is blue before anything else.</think>
        <tool_call>
        {"name": "generate_image", "arguments": {"prompt": "a blue chair, a red cat sitting on it"}}
        </tool_call>
        """;

    public const string LastTurn =
        """
        <judge>A red cat, and the chair is blue.
        verdict: pass</judge>
        <answer>image 2</answer>
        """;

    private int _calls;

    /// <summary>The turn, by the number of images shown, and the whole conversation.</summary>
    public Func<int, IReadOnlyList<ChatMessage>, string> Turn { get; init; } = (images, _) => images switch { 0 => FirstTurn, 1 => SecondTurn, _ => LastTurn };

    public int Calls => _calls;

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _calls);
        var all = messages.ToList();
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, Turn(all.Sum(message => message.Contents.OfType<DataContent>().Count()), all)))
        {
            Usage = new UsageDetails { InputTokenCount = 100, OutputTokenCount = 20 },
        };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = await GetResponseAsync(messages, options, cancellationToken);
        foreach (var piece in response.Text.Chunk(9))
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, new string(piece));
        }

        yield return new ChatResponseUpdate { Contents = [new UsageContent(response.Usage!)] };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", null, "scripted-vl") : null;

    public void Dispose()
    {
    }
}

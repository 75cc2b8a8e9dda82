using System.Runtime.CompilerServices;
using System.Text.Json;
using GenAgent.Protocol;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Backends;

/// <summary>Says stored turns, and lets the model go on when they are said. For one run.</summary>
internal sealed class StoredTurnsChatClient(IChatClient model, StoredPosition position) : DelegatingChatClient(model)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        position.NextTurn() is { } stored ? new ChatResponse(Message(stored)) : await base.GetResponseAsync(messages, options, cancellationToken);

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (position.NextTurn() is { } stored)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, Message(stored).Contents);
            yield break;
        }

        await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken)) yield return update;
    }

    // The model stays its owner's.
    protected override void Dispose(bool disposing) => base.Dispose(disposing: false);

    // A call that came as a function call has an id; it stands beside the text, not in it.
    private static ChatMessage Message(StoredTurn stored)
    {
        var message = new ChatMessage(ChatRole.Assistant, [new TextContent(stored.Round.Text)]);
        if (stored.Round.Call is { Id: { } id } call) message.Contents.Add(new FunctionCallContent(id, call.Name, ArgumentsOf(call)));
        return message;
    }

    private static Dictionary<string, object?>? ArgumentsOf(ToolCall call)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, object?>>(call.Arguments);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Gives the images of stored turns, and lets the generator make the others. For one run.</summary>
internal sealed class StoredTurnsImageGenerator(IImageGenerator generator, StoredPosition position) : DelegatingImageGenerator(generator)
{
    public override Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        position.NextImage() is { } stored ? Task.FromResult(new ImageGenerationResponse([stored])) : base.GenerateAsync(request, options, cancellationToken);

    // The generator stays its owner's.
    protected override void Dispose(bool disposing) => base.Dispose(disposing: false);
}

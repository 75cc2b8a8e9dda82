using System.ClientModel;
using System.Runtime.CompilerServices;
using System.Text.Json;
using GenAgent.Generators.Imaging;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace GenAgent.Models;

/// <summary>
/// Stands between the caller and OpenAI's package, and evens out what servers do differently: pictures only as PNG or JPEG, fields that
/// only others than OpenAI know, streams that break off or carry an error, answers that are none.
/// </summary>
internal sealed class CompatibleChatClient(IChatClient inner, OpenAIServerOptions server, HttpClient http) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var prepared = Prepare(messages);
        try
        {
            return await base.GetResponseAsync(prepared, Prepare(options), cancellationToken);
        }
        catch (Exception exception) when (IsMisreading(exception))
        {
            throw NotUnderstood(exception);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var finished = false;
        var updates = base.GetStreamingResponseAsync(Prepare(messages), Prepare(options), cancellationToken);
        await using var stream = updates.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await stream.MoveNextAsync())
                {
                    break;
                }
            }
            catch (Exception exception) when (IsMisreading(exception))
            {
                throw NotUnderstood(exception);
            }

            if (stream.Current.RawRepresentation is StreamingChatCompletionUpdate raw && raw.Patch.TryGetJson("$.error"u8, out var error))
            {
                throw new BackendUnavailableException($"{server} gave up in the middle of its answer: {BackendFault.Read(error.ToArray()).Message}");
            }

            finished |= stream.Current.FinishReason is not null;
            yield return stream.Current;
        }

        if (!finished)
        {
            throw new BackendUnavailableException($"{server} closed its answer before the end: no finish reason came.");
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            http.Dispose();
        }
    }

    private static List<ChatMessage> Prepare(IEnumerable<ChatMessage> messages)
    {
        var prepared = new List<ChatMessage>();
        foreach (var message in messages)
        {
            if (!message.Contents.Any(NeedsCare))
            {
                prepared.Add(message is { Contents: [TextContent { Text: var text }] } && message.IsInParts() ? RequestFields.InParts(message, text) : message);
                continue;
            }

            var copy = message.Clone();
            copy.Contents = [.. message.Contents.Select(content => content switch
            {
                DataContent image when IsImage(image) => PortableImage.From(image, $"The image in message {prepared.Count + 1} ({message.Role})"),

                // A call that was cut has no arguments; some servers refuse a conversation in which they are no JSON object.
                FunctionCallContent { Arguments: null } call => new FunctionCallContent(call.CallId, call.Name, new Dictionary<string, object?>(StringComparer.Ordinal)),
                _ => content,
            })];
            prepared.Add(copy);
        }

        return prepared;
    }

    private static bool NeedsCare(AIContent content) =>
        content is FunctionCallContent { Arguments: null } || (content is DataContent data && IsImage(data));

    private static bool IsImage(DataContent content) => content.HasTopLevelMediaType("image");

    // OpenAI's own service wants max_completion_tokens, which the package sends; the others know max_tokens, and some only that.
    // top_k is no field of OpenAI's, so the package drops it; the models that are served elsewhere are sampled with it.
    private ChatOptions? Prepare(ChatOptions? options)
    {
        var thinking = options?.AdditionalProperties?.TryGetValue(RequestFields.EnableThinking, out var value) == true ? value as bool? : null;
        if (server.IsOpenAI || options is null || (options.MaxOutputTokens is null && options.TopK is null && thinking is null))
        {
            return options;
        }

        var prepared = options.Clone();
        var (maxTokens, topK, given) = (options.MaxOutputTokens, options.TopK, options.RawRepresentationFactory);
        prepared.MaxOutputTokens = null;
        prepared.RawRepresentationFactory = client =>
        {
            var raw = given?.Invoke(client) as ChatCompletionOptions ?? new ChatCompletionOptions();
            if (maxTokens is { } limit)
            {
                raw.Patch.Set("$.max_tokens"u8, limit);
            }

            if (topK is { } k)
            {
                raw.Patch.Set("$.top_k"u8, k);
            }

            if (thinking is { } thinks)
            {
                raw.Patch.Set("$.enable_thinking"u8, thinks);
            }

            return raw;
        };
        return prepared;
    }

    // What the package throws over an answer that has the right status and the wrong shape.
    private static bool IsMisreading(Exception exception) =>
        exception is JsonException or ClientResultException or InvalidOperationException or ArgumentOutOfRangeException
            or FormatException or KeyNotFoundException or NullReferenceException or IndexOutOfRangeException;

    private BackendAnswerException NotUnderstood(Exception exception) =>
        new($"{server} sent an answer that cannot be understood: {exception.Message} Does it speak OpenAI's protocol at this address?", exception);
}

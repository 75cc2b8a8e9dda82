using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using GenAgent.Generators.Imaging;
using Microsoft.Extensions.AI;

namespace GenAgent.Models.Chat;

/// <summary>
/// A client for OpenAI's chat completions and compatible servers: <see cref="ChatRequest"/> writes requests, <see cref="ChatReader"/> reads answers,
/// streamed or whole. A field that a server rejects by name is omitted from then on, with a notice.
/// </summary>
internal sealed class CompatibleChatClient(OpenAIServerOptions server, HttpClient http, ChatHabits habits, TimeProvider time) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("openai", server.Endpoint, server.Model);
    private readonly Uri _address = new($"{server.Endpoint.AbsoluteUri.TrimEnd('/')}/chat/completions");

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await ReadAsync(messages, options, stream: false, cancellationToken).ToChatResponseAsync(cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        ReadAsync(messages, options, stream: true, cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => http.Dispose();

    private async IAsyncEnumerable<ChatResponseUpdate> ReadAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prepared = Prepare(messages);
        using var answer = await SendAsync(prepared, options, stream, cancellationToken);
        var reader = new ChatReader(server.ToString(), answer, time);
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var any = false;
        await foreach (var piece in EventStream.ReadAsync(body, cancellationToken))
        {
            ChatResponseUpdate? update;
            any = true;
            try
            {
                update = reader.Take(piece);
            }
            catch (JsonException exception)
            {
                throw NotUnderstood(exception.Message, exception);
            }

            if (update is not null)
            {
                yield return update;
            }

            if (reader.IsOver)
            {
                break;
            }
        }

        yield return (any ? reader.End() : null) ?? throw NotUnderstood("it holds neither text nor a call", null);
    }

    private async Task<HttpResponseMessage> SendAsync(
        IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var body = new ChatRequest(server, habits, this).Write(messages, options, stream);
            using var request = new HttpRequestMessage(HttpMethod.Post, _address)
            {
                Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body))
                {
                    Headers = { ContentType = new MediaTypeHeaderValue("application/json") }
                },
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.ApiKey ?? "none");
            request.Headers.Accept.ParseAdd(stream ? "text/event-stream, application/json" : "application/json");
            request.Headers.UserAgent.ParseAdd("genagent/1");
            try
            {
                return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            }
            catch (BackendException refusal) when (habits.Learn(refusal, body, server.ToString()))
            {
                // Repeat the request without the rejected field.
            }
        }
    }

    private static List<ChatMessage> Prepare(IEnumerable<ChatMessage> messages)
    {
        var prepared = new List<ChatMessage>();
        foreach (var message in messages)
        {
            if (!message.Contents.OfType<DataContent>().Any(IsImage))
            {
                prepared.Add(message);
                continue;
            }

            var copy = message.Clone();
            copy.Contents = [.. message.Contents.Select(content => content is DataContent image && IsImage(image)
                ? PortableImage.From(image, $"The image in message {prepared.Count + 1} ({message.Role})")
                : content)];
            prepared.Add(copy);
        }

        return prepared;
    }

    private static bool IsImage(DataContent content) => content.HasTopLevelMediaType("image");

    private BackendAnswerException NotUnderstood(string reason, Exception? exception) =>
        new($"{server} sent an answer that cannot be understood: {reason.TrimEnd('.')}. Does it speak OpenAI's protocol at this address?", exception);
}

using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Generators.Imaging;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Models.Chat;

/// <summary>
/// A client for OpenAI's chat completions and compatible servers: <see cref="ChatRequest"/> writes requests, <see cref="ChatReader"/> reads answers,
/// streamed or whole. A field that a server rejects by name is omitted from then on, with a notice.
/// </summary>
internal sealed class CompatibleChatClient(OpenAIServerOptions server, HttpClient http, ChatHabits habits, TimeProvider time) : IChatClient
{
    // What servers say of models without function calls.
    private static readonly string[] NoTools =
        ["support tool", "support function", "tools are not supported", "tools is not supported", "tool use is not supported", "enable-auto-tool-choice"];

    private static readonly TimeSpan WaitForUsage = TimeSpan.FromSeconds(30);

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
        while (true)
        {
            var (answer, sent) = await SendAsync(prepared, options, stream, cancellationToken);
            using var disposed = answer;
            var reader = new ChatReader(server.ToString(), answer, time);
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            var (any, shown, again) = (false, false, false);
            using var end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end.Token);
            await using var pieces = EventStream.ReadAsync(body, both.Token).GetAsyncEnumerator(both.Token);
            while (await NextAsync(pieces, reader, end, cancellationToken))
            {
                var piece = pieces.Current;
                ChatResponseUpdate? update = null;
                any = true;
                try
                {
                    update = reader.Take(piece);
                }
                catch (Exception exception) when (exception is JsonException or InvalidOperationException)
                {
                    throw NotUnderstood(piece, exception);
                }
                catch (BackendException refusal) when (!shown && habits.Learn(refusal, sent, server.ToString()))
                {
                    // A refusal inside an answer of status 200: repeat the request without the rejected field.
                    again = true;
                }

                if (update is not null)
                {
                    shown = true;
                    yield return update;
                }

                if (reader.IsOver || again)
                {
                    break;
                }
            }

            if (again) continue;
            yield return (any ? reader.End() : null) ?? throw NotUnderstood("it holds neither text nor a call", null);
            yield break;
        }
    }

    private async Task<(HttpResponseMessage Answer, JsonObject Sent)> SendAsync(
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
                return (await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken), body);
            }
            catch (BackendException refusal) when (habits.Learn(refusal, body, server.ToString()))
            {
                // Repeat the request without the rejected field.
            }
            catch (BackendRejectedException refusal) when (body.ContainsKey("tools")
                && Array.Exists(NoTools, words => refusal.Message.Contains(words, StringComparison.OrdinalIgnoreCase)))
            {
                throw refusal.With("Or choose a dialect that needs no function calls (--dialect genagent).");
            }
        }
    }

    // After the model's end only the usage is still to come: it is not waited for without end, and a connection that is lost then loses nothing.
    private static async Task<bool> NextAsync(
        IAsyncEnumerator<AnswerPiece> pieces, ChatReader reader, CancellationTokenSource end, CancellationToken cancellationToken)
    {
        if (reader.HasReason) end.CancelAfter(WaitForUsage);
        try
        {
            return await pieces.MoveNextAsync();
        }
        catch (Exception lost) when (reader.HasReason && lost is (BackendUnavailableException or OperationCanceledException)
            && !cancellationToken.IsCancellationRequested)
        {
            return false;
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

    private BackendAnswerException NotUnderstood(AnswerPiece piece, Exception exception)
    {
        var said = BackendFault.Read(Encoding.UTF8.GetBytes(piece.Text)).Excerpt;
        return NotUnderstood(said.Length > 0 ? $"{exception.Message.TrimEnd('.')}. It says: {said}" : exception.Message, exception);
    }

    private BackendAnswerException NotUnderstood(string reason, Exception? exception) =>
        new($"{server} sent an answer that cannot be understood: {reason.TrimEnd('.')}. Does it speak OpenAI's protocol at this address?", exception);
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Telemetry;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Server.Gateway;

/// <summary>
/// A server of OpenAI's protocol. The request goes on as it came, with the upstream's model and what recording needs; of the caller's headers none does.
/// Redirects are not followed, and calls are not repeated: the caller's client does that.
/// </summary>
internal sealed class HttpUpstream : IUpstream, IDisposable
{
    private const string Without = "without";
    private const int MostErrorBytes = 64 << 10;
    private const int MostErrorCharacters = 2000;
    private static readonly string[] Added = ["return_token_ids", "logprobs", "stream_options"];

    private readonly BackendUri _uri;
    private readonly Uri _address;
    private readonly HashSet<string> _without;
    private readonly SecretMask _secrets;
    private readonly int _mostBytes;
    private readonly HttpClient _client;

    /// <summary>Opens nothing yet.</summary>
    /// <exception cref="BackendUriException">The URI names no model, or a secret that is not configured.</exception>
    public HttpUpstream(BackendUri uri, IConfiguration configuration, SecretMask secrets, int mostBytes)
    {
        (_uri, _secrets, _mostBytes) = (uri, secrets, mostBytes);
        if (uri.Model is null) throw new BackendUriException($"\"{uri}\" names no model: write openai:MODEL@http://HOST:PORT/v1.");
        var endpoint = uri.Endpoint ?? OpenAIServerOptions.OpenAIEndpoint;
        _address = new($"{endpoint.AbsoluteUri.TrimEnd('/')}/chat/completions");
        _without = [.. (uri.Parameters.GetValueOrDefault(Without) ?? string.Empty).Split(',', StringSplitOptions.TrimEntries)];
        if (uri.Endpoint is null) _without.Add(Added[0]);
        _client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (new BackendContext(uri, configuration).Secret() is { } key) _client.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    public string Uri => _uri.ToString();

    /// <summary>Whether a URI names a server that requests can go on to as they come.</summary>
    public static bool Knows(BackendUri uri) => uri.Scheme is "openai";

    public async IAsyncEnumerable<JsonObject> AnswerAsync(UpstreamCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(call, cancellationToken);
        if (!response.IsSuccessStatusCode) throw await RefusalAsync(response, cancellationToken);
        await using var body = new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), _mostBytes);
        var json = new UpstreamJson();
        if (response.Content.Headers.ContentType?.MediaType is not "text/event-stream")
        {
            var whole = await ReadWholeAsync(json, body, cancellationToken);
            yield return call.Streams ? AsChunk(whole) : whole;
            yield break;
        }

        await using var events = SseParser.Create(body).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(events))
        {
            var data = events.Current.Data.Trim();
            if (data.Trim('"') is "[DONE]") yield break;

            // Some servers keep the connection open so.
            if (data.Length > 0 && data is not "null") yield return Parse(json, data);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(UpstreamCall call, CancellationToken cancellationToken)
    {
        var request = call.Request.DeepClone().AsObject();
        foreach (var unknown in _without) request.Remove(unknown);
        request["model"] = _uri.Model;
        if (!_without.Contains(Added[0])) request[Added[0]] = true;
        if (!_without.Contains(Added[1])) request[Added[1]] = true;
        if (call.Streams && !_without.Contains(Added[2])) request[Added[2]] = new JsonObject { ["include_usage"] = true };
        try
        {
            return await _client.SendAsync(
                new(HttpMethod.Post, _address)
                {
                    Content = JsonContent.Create(request),
                    Headers = { Accept = { new MediaTypeWithQualityHeaderValue(call.Streams ? "text/event-stream" : "application/json") } },
                },
                HttpCompletionOption.ResponseHeadersRead,
                cancellationToken);
        }
        catch (HttpRequestException fault)
        {
            throw new UpstreamException(502, $"The upstream cannot be reached ({fault.HttpRequestError}).", "upstream_unreachable");
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw Broken(fault);
        }
    }

    private static UpstreamException Broken(Exception fault) => fault is AnswerTooLongException
        ? new(502, fault.Message, "answer_too_long")
        : new(502, "The upstream closed its answer before the end.", "upstream_disconnected");

    // Some servers answer a request for a stream as a whole: the caller waits for a chunk all the same.
    private static JsonObject AsChunk(JsonObject whole)
    {
        whole["object"] = "chat.completion.chunk";
        foreach (var choice in (whole["choices"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (choice.Remove("message", out var message)) choice["delta"] = message;
        }

        return whole;
    }

    private static JsonObject Parse(UpstreamJson json, string text)
    {
        try
        {
            return json.ParseObject(text) ?? throw UpstreamException.Malformed("a JSON object was expected.");
        }
        catch (JsonException fault)
        {
            throw UpstreamException.Malformed($"it is no JSON. {fault.Message}");
        }
    }

    private static async Task<JsonObject> ReadWholeAsync(UpstreamJson json, Stream body, CancellationToken cancellationToken)
    {
        try
        {
            return await json.ReadObjectAsync(body, cancellationToken) ?? throw UpstreamException.Malformed("a JSON object was expected.");
        }
        catch (JsonException fault)
        {
            throw UpstreamException.Malformed($"it is no JSON. {fault.Message}");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw Broken(fault);
        }
    }

    // What it says is told in a few words and without secrets; that the gateway's own key was refused is no fault of the caller's.
    private async Task<UpstreamException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (message, code) = ($"The upstream answered with status {(int)response.StatusCode}.", (string?)null);
        if ((int)response.StatusCode is >= 300 and < 400 or 401 or 403) return new(502, message, "upstream_refused");
        try
        {
            await using var body = new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), MostErrorBytes);
            var error = await ReadWholeAsync(new(), body, cancellationToken) is var told && told["error"] is JsonObject inner ? inner : told;
            var said = AskedConversation.Text(error["message"]) ?? AskedConversation.Text(error["detail"]);

            // Before it is cut: a part of a secret would not be found.
            if (said is { Length: > 0 } && _secrets.Mask(said) is var masked) message = masked[..Math.Min(masked.Length, MostErrorCharacters)];
            code = AskedConversation.Text(error["code"]);
        }
        catch (UpstreamException)
        {
            // An error page of a proxy: the status says enough.
        }

        return new(response.StatusCode is HttpStatusCode.InternalServerError ? 502 : (int)response.StatusCode, message, code)
        {
            RetryAfter = response.Headers.RetryAfter?.Delta is { } delta ? (int)Math.Clamp(delta.TotalSeconds, 1, 3600) : null,
        };
    }
}

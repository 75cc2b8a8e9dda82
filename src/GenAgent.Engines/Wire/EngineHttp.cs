using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Models.Http;

namespace GenAgent.Engines.Wire;

/// <summary>Calls to one server: JSON in and out, within limits, every failure a <see cref="BackendException"/>.</summary>
internal sealed class EngineHttp(string name, Uri address, string? key, BackendHttp http, BackendHttp health) : IDisposable
{
    private readonly HttpClient _client = http.CreateClient();
    private readonly HttpClient _health = health.CreateClient();

    /// <summary>How messages name the server.</summary>
    public string Name => name;

    /// <summary>Posts a request, and reads the answer.</summary>
    public async Task<JsonElement> PostAsync(string path, JsonObject body, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, path);
        request.Content = Json(body);
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Posts a command; an answer in words is none.</summary>
    public async Task<JsonElement> CallAsync(string path, JsonObject body, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, path);
        request.Content = Json(body);
        using var answer = await _client.SendAsync(request, cancellationToken);
        return answer.Content.Headers.ContentType?.MediaType is "application/json" ? await ReadAsync(request, answer, cancellationToken) : default;
    }

    /// <summary>Reads an answer.</summary>
    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, path);
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Whether a server has no such route; a route that has no such model says so in words of its own, or with a code.</summary>
    public static bool IsNoRoute(BackendRejectedException refusal) => refusal.Status is 405
        || (refusal.Status is 404 && refusal.Code is null && !refusal.Message.Contains("does not exist", StringComparison.Ordinal));

    /// <summary>Throws if the server is not up.</summary>
    public async Task CheckHealthAsync()
    {
        using var request = Request(HttpMethod.Get, "health");
        using var answer = await _health.SendAsync(request, CancellationToken.None);
    }

    public void Dispose()
    {
        _client.Dispose();
        _health.Dispose();
    }

    private static ByteArrayContent Json(JsonObject body) =>
        new(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{path}"));
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Headers.UserAgent.ParseAdd("genagent/1");
        return request;
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var answer = await _client.SendAsync(request, cancellationToken);
        return await ReadAsync(request, answer, cancellationToken);
    }

    private async Task<JsonElement> ReadAsync(HttpRequestMessage request, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
            return document.RootElement.Clone();
        }
        catch (JsonException wrong)
        {
            throw new BackendAnswerException($"{name} answered {request.RequestUri!.AbsolutePath} with what is no JSON: {wrong.Message}", wrong);
        }
    }
}

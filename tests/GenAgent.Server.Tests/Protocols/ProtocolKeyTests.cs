using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GenAgent.Server.Security;
using GenAgent.Server.Tests.Serving;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Tests.Protocols;

/// <summary>A server that needs keys, asked by clients of other protocols.</summary>
public sealed class ProtocolKeyTests
{
    private static Task<RunningServer> StartAsync() => RunningServer.StartAsync(["Server:Authentication=Always"]);

    private static async Task<HttpResponseMessage> SendAsync(RunningServer server, HttpMethod method, string path, AuthenticationHeaderValue? key = null)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = method == HttpMethod.Post ? JsonContent.Create(new { prompt = "two red circles", id_task = "x" }) : null
        };
        request.Headers.Authorization = key;
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        return await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Without_a_key_each_protocol_is_refused_in_its_own_words()
    {
        await using var server = await StartAsync();

        using var openAI = await SendAsync(server, HttpMethod.Post, "/v1/images/generations");
        using var webUi = await SendAsync(server, HttpMethod.Post, "/sdapi/v1/txt2img");

        (openAI.StatusCode, webUi.StatusCode).ShouldBe((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized));
        var error = (await openAI.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error");
        (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()).ShouldBe(("authentication_error", "invalid_api_key"));
        (await webUi.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken))
            .GetProperty("detail")
            .GetString()
            .ShouldNotBeNull()
            .ShouldContain("API key");
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, "/v1/models"),
            (HttpMethod.Get, "/sdapi/v1/progress"),
            (HttpMethod.Post, "/internal/progress"),
            (HttpMethod.Post, "/mcp"),
            (HttpMethod.Get, "/mcp")
        })
        {
            using var response = await SendAsync(server, method, path);
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
        }
    }

    [Fact]
    public async Task A_key_is_taken_as_a_bearer_s_and_as_the_password_of_clients_that_know_no_other_way()
    {
        await using var server = await StartAsync();
        var (_, key) = await server.Services.GetRequiredService<ApiKeys>()
            .AddAsync("tests", KeyScopes.Read | KeyScopes.Generate, null, null, TestContext.Current.CancellationToken);

        using var bearer = await SendAsync(server, HttpMethod.Get, "/v1/models", new("Bearer", key));
        using var basic = await SendAsync(
            server, HttpMethod.Get, "/sdapi/v1/sd-models", new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{key}"))));
        using var wrong = await SendAsync(
            server, HttpMethod.Get, "/sdapi/v1/sd-models", new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{key}:anything"))));
        using var broken = await SendAsync(server, HttpMethod.Get, "/sdapi/v1/sd-models", new("Basic", "%%%"));

        (bearer.StatusCode, basic.StatusCode).ShouldBe((HttpStatusCode.OK, HttpStatusCode.OK));
        (wrong.StatusCode, broken.StatusCode).ShouldBe((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized));
    }
}

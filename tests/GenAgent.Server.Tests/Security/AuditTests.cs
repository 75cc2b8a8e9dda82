using System.Net.Http.Json;
using GenAgent.Server.Security;
using GenAgent.Server.Tests.Serving;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Tests.Security;

/// <summary>Who did what.</summary>
public sealed class AuditTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_submission_rerun_and_cancellation_is_noted_whatever_its_protocol_with_its_key_and_without_its_content()
    {
        await using var server = await RunningServer.StartAsync(["Server:Authentication=always"]);
        var (key, text) = await server.Services.GetRequiredService<ApiKeys>().AddAsync("me", KeyScopes.Read | KeyScopes.Generate, null, null, Cancellation);
        server.Client.DefaultRequestHeaders.Authorization = new("Bearer", text);
        var job = await server.SubmitAsync(new { prompt = "two red circles" });
        await server.EndAsync(job);
        await PostAsync($"/api/trajectories/{job}-0/rerun", new { turn = 0 });
        await PostAsync($"/api/jobs/{job}/cancel", new { });
        foreach (var (path, body) in new (string, object)[]
        {
            ("/v1/images/generations", new { prompt = "two red circles" }),
            ("/v1/chat/completions", new { messages = new[] { new { role = "user", content = "two red circles" } } }),
            ("/v1/responses", new { input = "two red circles" }),
            ("/sdapi/v1/txt2img", new { prompt = "two red circles" }),
        }) await PostAsync(path, body);
        using var refused = await server.PostAsync("/api/jobs", new { prompt = string.Empty });

        var notes = await server.Services.GetRequiredService<AuditLog>().ListAsync(100, Cancellation);

        notes.OrderBy(note => note.At).Select(note => note.Action).Order(StringComparer.Ordinal)
            .ShouldBe(["cancel", "rerun", "submit", "submit", "submit", "submit", "submit"]);
        notes.ShouldAllBe(note => note.Owner == key.Id && note.Address == "127.0.0.1");
        notes.Select(note => note.Subject).Distinct().Count().ShouldBe(6, "the cancelled job is the first one");
        notes.ShouldAllBe(note => !note.ToString().Contains("circles", StringComparison.Ordinal));

        async Task PostAsync(string path, object body)
        {
            using var answer = await server.Client.PostAsJsonAsync(path, body, Cancellation);
            answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Cancellation));
        }
    }
}

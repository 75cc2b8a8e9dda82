using System.Collections.Concurrent;
using System.Net;
using System.Text;
using GenAgent.Server.Storage;
using GenAgent.Server.Tests.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Tests.Http;

/// <summary>What those who run the server see of it.</summary>
public sealed class TelemetryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spans_and_metrics_of_jobs_runs_and_requests_reach_the_collector_that_the_options_name()
    {
        var received = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, Cancellation);
            received.AddOrUpdate(signal, _ => Text(), (_, before) => before + Text());

            string Text() => $"{request.ContentType}\n{Encoding.UTF8.GetString(body.ToArray())}";
        });
        await collector.StartAsync(Cancellation);

        // The end of the server sends what is left.
        await using (var server = await RunningServer.StartAsync([$"Server:Telemetry={collector.Urls.First()}"]))
        {
            await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles" }));
        }

        received["traces"].ShouldStartWith("application/x-protobuf");
        foreach (var name in (string[])["genagent", "genagent.job.id", "invoke_agent", "execute_tool", "/api/jobs"]) received["traces"].ShouldContain(name);
        foreach (var name in (string[])["genagent.job.duration", "genagent.job.waiting", "http.server.request.duration"])
            received["metrics"].ShouldContain(name);
        received["traces"].ShouldNotContain("two red circles");
    }

    [Fact]
    public async Task A_collector_that_is_no_address_is_an_error_at_the_start()
    {
        (await Should.ThrowAsync<ArgumentException>(() => RunningServer.StartAsync(["Server:Telemetry=collector"]))).Message.ShouldContain("Server:Telemetry");
    }

    [Fact]
    public async Task A_server_whose_database_fails_lives_and_is_not_ready()
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=0"]);
        await server.Services.GetRequiredService<Database>().WriteAsync(session => session.ExecuteAsync("DROP TABLE jobs"), Cancellation);

        using var ready = await server.Client.GetAsync("/health/ready", Cancellation);

        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await ready.Content.ReadAsStringAsync(Cancellation)).ShouldContain("database");
        (await server.Client.GetAsync("/health/live", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}

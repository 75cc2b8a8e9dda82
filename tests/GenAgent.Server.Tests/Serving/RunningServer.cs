using System.Net.Http.Json;
using System.Text.Json;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using Microsoft.AspNetCore.Builder;

namespace GenAgent.Server.Tests.Serving;

/// <summary>A server in this process on a port of its own, with the miniature world's agent and generator: fast, and the real loop.</summary>
internal sealed class RunningServer : RunningApp
{
    private RunningServer(WebApplication app, string folder, bool ownsFolder)
        : base(app, folder, ownsFolder)
    {
    }

    /// <summary>Starts one.</summary>
    /// <param name="settings">Options of the configuration, as <c>Server:Workers=1</c>.</param>
    /// <param name="folder">The data folder; null for a new one.</param>
    /// <param name="backends">Further backends.</param>
    /// <param name="readOnly">Whether it is that of <c>genagent view</c>.</param>
    public static async Task<RunningServer> StartAsync(
        IEnumerable<string>? settings = null, string? folder = null, Action<BackendRegistry>? backends = null, bool readOnly = false)
    {
        var own = folder ?? Directory.CreateTempSubdirectory("genagent-server-").FullName;
        var host = HostOfTests.In(own, backends);
        string[] defaults = ["Server:Urls=http://127.0.0.1:0", "Server:Data=.", "Backends:Agent=oracle", "Backends:Generator=canvas"];
        var app = GenAgentServer.Create(host, Settings.Read(host, null, [.. defaults.Concat(settings ?? []).Select(FlagValue.FromSetting)]), readOnly);
        await app.StartAsync();
        return new(app, own, ownsFolder: folder is null);
    }

    public Task<HttpResponseMessage> PostAsync(string address, object body) => Client.PostAsJsonAsync(address, body);

    /// <summary>Submits a job and returns its id.</summary>
    public async Task<string> SubmitAsync(object body, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/jobs") { Content = JsonContent.Create(body) };
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var response = await Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(202, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!;
    }

    public async Task<JsonElement> GetAsync(string address)
    {
        using var response = await Client.GetAsync(address);
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(200, $"{address}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The events of a job, until it is over.</summary>
    public async Task<List<(long Id, string Kind, JsonElement Data)>> EventsAsync(string job, long after = 0)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/jobs/{job}/events");
        if (after > 0) request.Headers.Add("Last-Event-ID", $"{after}");
        using var response = await Client.SendAsync(request);
        return Parse(await response.Content.ReadAsStringAsync());
    }

    /// <summary>The job when it is over.</summary>
    public async Task<JsonElement> EndAsync(string job)
    {
        await EventsAsync(job);
        return await GetAsync($"/api/jobs/{job}");
    }

    private static List<(long Id, string Kind, JsonElement Data)> Parse(string text)
    {
        var events = new List<(long, string, JsonElement)>();
        foreach (var block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(block => !block.StartsWith(':')))
        {
            var lines = block.Split('\n').Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            events.Add((long.Parse(lines["id"]), lines["event"], JsonDocument.Parse(lines["data"]).RootElement));
        }

        return events;
    }
}

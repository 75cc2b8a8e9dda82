using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>What a trainer does with agent-lightning's server: it queues tasks, and looks at what became of them.</summary>
internal sealed class TrainerQueue : IDisposable
{
    /// <summary>The server's key.</summary>
    public const string Key = "trainer-key";

    private readonly HttpClient _client;

    public TrainerQueue(FakeServer server)
    {
        _client = new() { BaseAddress = new(server.Address) };
        _client.DefaultRequestHeaders.Authorization = new("Bearer", Key);
    }

    public async Task EnqueueAsync(IEnumerable<object> rollouts) =>
        (await _client.PostAsJsonAsync("/api/rollouts", rollouts, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();

    public async Task<IReadOnlyList<JsonObject>> RolloutsAsync() =>
    [
        .. (await GetAsync("/api/rollouts?state_in=queuing&state_in=running&state_in=succeeded&state_in=failed")).OfType<JsonObject>(),
    ];

    /// <summary>The events of a rollout of a kind.</summary>
    public async Task<IReadOnlyList<JsonObject>> EventsAsync(string id, string kind) =>
        [.. (await GetAsync($"/api/rollouts/{id}/events")).OfType<JsonObject>().Where(one => one["event_type"]!.GetValue<string>() == kind)];

    public static string StateOf(JsonObject rollout) => rollout["status"]!["state"]!.GetValue<string>();

    public void Dispose() => _client.Dispose();

    private async Task<JsonArray> GetAsync(string address) =>
        (await _client.GetFromJsonAsync<JsonArray>(address, TestContext.Current.CancellationToken))!;
}

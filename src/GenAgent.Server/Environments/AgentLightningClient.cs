using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;

namespace GenAgent.Server.Environments;

/// <summary>
/// Agent-lightning's API as version 1.0 has it: rollouts are listed by state, claimed and closed by their state, and rewarded by an event. Answers have a
/// limit, and every call a time limit. Safe to use from many tasks at once.
/// </summary>
internal sealed class AgentLightningClient : IDisposable
{
    private const long MostBytes = 64 << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly HttpClient _client;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="server">The server; a path ends with a slash.</param>
    /// <param name="key">The server's key; null for none.</param>
    public AgentLightningClient(Uri? server, string? key)
    {
        _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            BaseAddress = server, Timeout = Longest, MaxResponseContentBufferSize = MostBytes,
        };
        if (key is not null) _client.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    /// <summary>The rollouts that wait; those that cannot be read are left out.</summary>
    /// <exception cref="BackendUnavailableException">The server cannot be reached, refuses, or is another kind of server.</exception>
    public async Task<IReadOnlyList<JsonObject>> QueuedAsync(int limit, CancellationToken cancellationToken)
    {
        try
        {
            var list = await _client.GetByteArrayAsync(FormattableString.Invariant($"api/rollouts?state_in=queuing&limit={limit}"), cancellationToken);
            using var rollouts = JsonDocument.Parse(list);
            return rollouts.RootElement.ValueKind == JsonValueKind.Array
                ? [.. rollouts.RootElement.EnumerateArray().Select(Readable).OfType<JsonObject>()]
                : throw new JsonException("it is no list");
        }
        catch (HttpRequestException fault)
        {
            throw Unavailable("gives no tasks", fault);
        }
        catch (JsonException fault)
        {
            throw new BackendUnavailableException($"{_client.BaseAddress} does not list rollouts as agent-lightning 1.0 does.", fault);
        }
    }

    /// <summary>Claims a rollout; false if another one has it: only a rollout that waits can be set running.</summary>
    /// <remarks>It cannot be cancelled: a claim whose answer nobody waits for would leave a rollout that nobody runs.</remarks>
    /// <exception cref="BackendUnavailableException">The server cannot be reached, or refuses for another reason.</exception>
    public async Task<bool> ClaimAsync(RemoteTask task)
    {
        try
        {
            using var response = await PatchAsync(task, "running", null);
            if (response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound) return false;
            response.EnsureSuccessStatusCode();
            return true;
        }
        catch (HttpRequestException fault)
        {
            throw Unavailable($"does not let rollout {task.Id} be claimed", fault);
        }
    }

    /// <summary>Closes a rollout; false if the server does not take it.</summary>
    public async Task<bool> CloseAsync(RemoteTask task, string? error)
    {
        using var response = await PatchAsync(task, error is null ? "succeeded" : "failed", error);
        return response.IsSuccessStatusCode;
    }

    /// <summary>Rewards a rollout.</summary>
    /// <exception cref="HttpRequestException">The server does not take it.</exception>
    public async Task RewardAsync(Uri events, double value, IReadOnlyDictionary<string, double> parts)
    {
        var data = new JsonObject
        {
            ["value"] = value,
            ["source"] = "agent",
            ["message"] = string.Join(", ", parts.Select(part => FormattableString.Invariant($"{part.Key} {part.Value}"))),
        };
        using var response = await _client.PostAsJsonAsync(events, new JsonObject { ["event_type"] = "reward", ["data"] = data });
        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _client.Dispose();

    private static JsonObject? Readable(JsonElement rollout)
    {
        try
        {
            return StrictJson.ParseObject(rollout.GetRawText());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private BackendUnavailableException Unavailable(string what, HttpRequestException fault) => new(
        $"{_client.BaseAddress} {what} ({(fault.StatusCode is { } status ? $"status {(int)status}" : $"{fault.HttpRequestError}")}). "
            + "Is it agent-lightning's server, and the variable AGL_KEY its key?", fault);

    private Task<HttpResponseMessage> PatchAsync(RemoteTask task, string state, string? error)
    {
        var status = new JsonObject { ["state"] = state };
        if (error is null) status["last_attempt_id"] = task.Attempt;
        else status["error_message"] = error;
        return _client.PatchAsJsonAsync($"api/rollouts/{Uri.EscapeDataString(task.Id)}", new JsonObject { ["status"] = status });
    }
}

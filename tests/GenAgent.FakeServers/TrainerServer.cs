using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.FakeServers;

/// <summary>
/// Agent-lightning's server, with the members and rules of its version 1.0: rollouts are queued, claimed and closed by their state (any other change is
/// refused with 409), each has an address for its model, which takes no streams, and its events. The model is that of <see cref="ChatServer"/>. Requests
/// need the key <see cref="Key"/>.
/// </summary>
internal sealed class TrainerServer
{
    public const string Key = "trainer-key";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, JsonObject> _rollouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonArray> _events = new(StringComparer.Ordinal);

    public void Map(WebApplication app)
    {
        app.MapGet("/healthz", () => Results.Json(new { status = "ok" }));
        var routes = app.MapGroup(string.Empty).AddEndpointFilter(async (context, next) =>
            context.HttpContext.Request.Headers.Authorization == $"Bearer {Key}"
                ? await next(context)
                : Results.Json(new { detail = "Invalid or missing API key" }, statusCode: 401));
        routes.MapPost("/api/rollouts", (Delegate)EnqueueAsync);
        routes.MapGet("/api/rollouts", (string[] state_in, int limit = 500) => List(state_in, limit));
        routes.MapPatch("/api/rollouts/{id}", PatchAsync);
        routes.MapPost("/api/rollouts/{id}/attempt/{attempt}/events", PostEventAsync);
        routes.MapGet("/api/rollouts/{id}/events", (string id) =>
        {
            lock (_lock) return Results.Json(_events[id].DeepClone());
        });
        routes.MapPost("/proxy/rollout/{id}/attempt/{attempt}/mode/{mode}/openai/v1/chat/completions", CompleteAsync);
    }

    private async Task<IResult> EnqueueAsync(HttpContext context)
    {
        var asked = (await JsonNode.ParseAsync(context.Request.Body))!.AsArray();
        var made = new JsonArray();
        lock (_lock)
        {
            foreach (var one in asked.OfType<JsonObject>())
            {
                var id = one["rollout_id"]?.GetValue<string>() ?? Guid.NewGuid().ToString("N");
                _rollouts[id] = new()
                {
                    ["rollout_id"] = id,
                    ["input"] = one["input"]!.DeepClone(),
                    ["is_train"] = one["is_train"]?.DeepClone() ?? true,
                    ["config"] = one["config"]?.DeepClone() ?? new JsonObject { ["timeout_seconds"] = 3600, ["local"] = null, ["k8s"] = null },
                    ["metadata"] = new JsonObject { ["batch_idx"] = null, ["sample_idx_in_batch"] = null },
                    ["status"] = new JsonObject
                    {
                        ["state"] = "queuing", ["k8s_job_name"] = null, ["last_attempt_id"] = null, ["error_message"] = null, ["version"] = 1,
                        ["created_at"] = 1.5, ["updated_at"] = 1.5,
                    },
                };
                _events[id] = [];
                made.Add(_rollouts[id].DeepClone());
            }
        }

        return Results.Json(made, statusCode: 201);
    }

    private IResult List(string[] states, int limit)
    {
        lock (_lock)
        {
            return Results.Json(new JsonArray([.. _rollouts.Values.Where(one => states.Contains(StateOf(one), StringComparer.Ordinal)).Take(limit)
                .Select(one => one.DeepClone())]));
        }
    }

    private async Task<IResult> PatchAsync(string id, HttpContext context)
    {
        var status = (await JsonNode.ParseAsync(context.Request.Body))?["status"]?.AsObject() ?? [];
        lock (_lock)
        {
            if (!_rollouts.TryGetValue(id, out var rollout)) return Results.Json(new { detail = $"Rollout not found: {id}" }, statusCode: 404);
            if (status.Any(member => member.Key is not ("state" or "k8s_job_name" or "last_attempt_id" or "error_message"))) return Results.StatusCode(422);
            if (status["state"]?.GetValue<string>() is { } next
                && (StateOf(rollout), next) is not (("queuing", "running") or ("queuing", "failed") or ("running", "succeeded") or ("running", "failed")))
            {
                return Results.Json(new { detail = $"Rollout {id}: cannot transition {StateOf(rollout)} -> {next}" }, statusCode: 409);
            }

            foreach (var (name, value) in status) rollout["status"]![name] = value?.DeepClone();
            return Results.Json(rollout.DeepClone());
        }
    }

    private async Task<IResult> PostEventAsync(string id, string attempt, HttpContext context)
    {
        var posted = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        return Record(id, attempt, posted["event_type"]!.GetValue<string>(), posted["data"]?.DeepClone() ?? new JsonObject());
    }

    private IResult Record(string id, string attempt, string type, JsonNode data)
    {
        lock (_lock)
        {
            if (!_events.TryGetValue(id, out var events)) return Results.Json(new { detail = $"Rollout not found: {id}" }, statusCode: 404);
            var one = new JsonObject { ["event_type"] = type, ["rollout_id"] = id, ["attempt_id"] = attempt, ["timestamp"] = 2.5, ["data"] = data };
            events.Add(one);
            return Results.Json(one.DeepClone());
        }
    }

    private async Task<IResult> CompleteAsync(string id, string attempt, string mode, HttpContext context)
    {
        if (mode is not ("train" or "val")) return Results.Json(new { detail = $"Unsupported proxy mode: {mode}" }, statusCode: 404);
        lock (_lock)
        {
            if (!_rollouts.ContainsKey(id)) return Results.Json(new { detail = $"Rollout not found: {id}" }, statusCode: 404);
        }

        var request = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!.AsObject();
        if (request["stream"]?.GetValue<bool>() == true) return Results.Json(new { detail = "Streaming responses are not supported" }, statusCode: 400);
        var text = ChatServer.TextFor(request);
        var answer = new JsonObject
        {
            ["id"] = "chatcmpl-1",
            ["object"] = "chat.completion",
            ["created"] = 1,
            ["model"] = "policy",
            ["prompt_token_ids"] = new JsonArray(1, 2, 3),
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0, ["finish_reason"] = "stop", ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text },
                ["token_ids"] = new JsonArray(4, 5),
            }),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 3, ["completion_tokens"] = 2, ["total_tokens"] = 5 },
        };
        Record(id, attempt, "model_request", new JsonObject { ["request"] = request, ["response"] = answer.DeepClone(), ["http_status"] = 200 });
        return Results.Json(answer);
    }

    private static string StateOf(JsonObject rollout) => rollout["status"]!["state"]!.GetValue<string>();
}

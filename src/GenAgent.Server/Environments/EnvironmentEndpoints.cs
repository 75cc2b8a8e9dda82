using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.Environments;

/// <summary>
/// OpenEnv's endpoints. Over HTTP an episode is named by <c>episode_id</c>, as OpenEnv's own HTTP keeps none between requests; a WebSocket (<c>/ws</c>), which
/// its published client speaks, is an episode of its own.
/// </summary>
internal sealed class EnvironmentEndpoints(
    EpisodeLibrary episodes, RequestRates rates, EnvironmentOptions options, ServerOptions server, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/health", () => Results.Json(new { status = "healthy" })).WithSummary("Whether the server is healthy.");
        var routes = app.MapGroup(string.Empty).WithTags("Environment").AddEndpointFilter(FilterAsync);
        routes.MapPost("/reset", async (HttpContext context, EnvironmentEndpoints it) =>
            await it.ResetAsync(await ReadAsync(context), context)).WithSummary("Begins an episode.");
        routes.MapPost("/step", async (HttpContext context, EnvironmentEndpoints it) =>
            await it.StepAsync(await ReadAsync(context), context)).WithSummary("Takes a turn of the model.");
        routes.MapGet("/state", (HttpContext context, EnvironmentEndpoints it, string? episode_id = null) =>
            EnvironmentMessages.State(it.Find(episode_id, context))).WithSummary("Where an episode stands.");
        routes.MapGet("/schema", EnvironmentMessages.Schema).WithSummary("The JSON schemas of action, observation and state.");
        routes.MapGet("/metadata", EnvironmentMessages.About).WithSummary("What the environment is.");
        app.Map("/ws", (HttpContext context, EnvironmentEndpoints it) => it.TalkAsync(context));
    }

    private Episode Find(string? id, HttpContext context) => episodes.Find(id, Caller.Of(context));

    private async Task<JsonObject> ResetAsync(JsonObject body, HttpContext context)
    {
        var (episode, step) = await episodes.ResetAsync(EnvironmentMessages.Reset(body), Caller.Of(context), context.RequestAborted);
        return step.ToJson(episode);
    }

    private async Task<JsonObject> StepAsync(JsonObject body, HttpContext context)
    {
        var (turn, seconds, requestId, id) = EnvironmentMessages.Step(body, options.ActionCharacters);
        var episode = Find(id, context);
        return (await episode.StepAsync(turn, requestId, seconds, context.RequestAborted)).ToJson(episode);
    }

    private static async Task<JsonObject> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength is 0) return [];
        try
        {
            return await StrictJson.ReadObjectAsync(context.Request.Body, context.RequestAborted)
                ?? throw new InvalidActionException("body", "model_attributes_type", "Input should be an object.");
        }
        catch (JsonException)
        {
            throw new InvalidActionException("body", "json_invalid", "JSON decode error.");
        }
    }

    private static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (InvalidActionException wrong)
        {
            string[] place = ["body", .. wrong.Field is "body" ? [] : wrong.Field.Split('.')];
            return Results.Json(new { detail = new[] { new { type = wrong.Type, loc = place, msg = wrong.Message } } }, statusCode: 422);
        }
    }

    private async Task TalkAsync(HttpContext context)
    {
        var caller = Caller.Of(context);
        if (!context.WebSockets.IsWebSocketRequest) throw new RefusedException(400, "/ws is a WebSocket.");
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        Episode? episode = null;
        try
        {
            while (await ReceiveAsync(socket, context.RequestAborted) is { } message)
            {
                var answer = await AnswerAsync(message);
                if (answer is null) break;
                await socket.SendAsync(
                    Encoding.UTF8.GetBytes(answer.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
            }

            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
        {
            // The client is gone.
        }
        finally
        {
            if (episode is not null) episodes.Drop(episode);
        }

        async Task<JsonObject?> AnswerAsync(string message)
        {
            try
            {
                var asked = StrictJson.ParseObject(message) ?? throw new InvalidActionException("type", "missing", "Input should be an object.");
                var data = asked["data"] as JsonObject ?? [];
                var type = asked["type"] is JsonValue value && value.TryGetValue(out string? named) ? named : null;

                // As over HTTP, where each is a request.
                if (type is "reset" or "step") rates.Take(caller);
                switch (type)
                {
                    case "reset":
                        if (episode is not null) episodes.Drop(episode);
                        (episode, var first) = await episodes.ResetAsync(EnvironmentMessages.Reset(data), caller, context.RequestAborted);
                        return Message("observation", first.ToJson(episode));
                    case "step":
                        var turn = EnvironmentMessages.Action(data, options.ActionCharacters);
                        var running = episode ?? throw new RefusedException(409, "No episode is running: reset first.");
                        return Message("observation", (await running.StepAsync(turn, null, null, context.RequestAborted)).ToJson(running));
                    case "state":
                        return Message("state", EnvironmentMessages.State(episode));
                    case "close":
                        return null;
                    default:
                        return Error("UNKNOWN_TYPE", "The type of a message is reset, step, state or close.");
                }
            }
            catch (JsonException)
            {
                return Error("INVALID_JSON", "The message is no JSON.");
            }
            catch (InvalidActionException wrong)
            {
                return Error("VALIDATION_ERROR", $"{wrong.Field}: {wrong.Message}");
            }
            catch (RefusedException refused)
            {
                return Error(refused.Status is 429 or 503 ? "CAPACITY_REACHED" : refused.Status == 504 ? "EXECUTION_ERROR" : "SESSION_ERROR", refused.Message);
            }
        }

        static JsonObject Message(string type, JsonObject data) => new() { ["type"] = type, ["data"] = data };

        static JsonObject Error(string code, string message) => Message("error", new() { ["message"] = message, ["code"] = code });
    }

    // Null when the client closes, says too much, or nothing for too long.
    private async Task<string?> ReceiveAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.SessionSeconds), time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var message = new ArrayBufferWriter<byte>();
        while (true)
        {
            var received = await socket.ReceiveAsync(message.GetMemory(1 << 14), ends.Token);
            if (received.MessageType == WebSocketMessageType.Close) return null;
            message.Advance(received.Count);
            if (message.WrittenCount > server.BodyBytes)
            {
                await socket.CloseAsync(WebSocketCloseStatus.MessageTooBig, "The message is larger than the server allows.", ends.Token);
                return null;
            }

            if (received.EndOfMessage) return Encoding.UTF8.GetString(message.WrittenSpan);
        }
    }
}

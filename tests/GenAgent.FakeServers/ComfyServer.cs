using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.FakeServers;

/// <summary>
/// A ComfyUI-like server: takes any workflow, tells of its progress over the WebSocket, and answers with an image whose colour is drawn from the workflow's
/// seed.
/// One job runs at a time, as in the real one.
/// </summary>
internal sealed class ComfyServer(TimeSpan delay) : IDisposable
{
    private const int Steps = 4;

    private readonly ConcurrentDictionary<string, ComfyJob> _jobs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ComfyClient> _clients = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _machine = new(1, 1);
    private int _number;

    public void Map(WebApplication app)
    {
        app.Map("/ws", ConnectAsync);
        app.MapGet("/system_stats", () => Results.Json(new { system = new { comfyui_version = "0.3.64" }, devices = Array.Empty<object>() }));
        app.MapPost("/prompt", (Delegate)SubmitAsync);
        app.MapGet("/calls", () => Volatile.Read(ref _number));
        app.MapGet("/history/{id}", (string id) =>
            Results.Json(_jobs.TryGetValue(id, out var job) && job.IsDone ? new JsonObject { [id] = job.History() } : []));
        app.MapGet("/queue", () => Results.Json(new JsonObject
        {
            ["queue_running"] = new JsonArray([.. _jobs.Values.Where(job => job.IsRunning).Select(job => job.QueueEntry())]),
            ["queue_pending"] = new JsonArray([.. _jobs.Values.Where(job => !job.IsRunning && !job.IsDone).Select(job => job.QueueEntry())]),
        }));
        app.MapPost("/queue", () => Results.Ok());
        app.MapPost("/interrupt", (Delegate)InterruptAsync);
        app.MapGet("/view", (string filename) =>
            _jobs.TryGetValue(Path.GetFileNameWithoutExtension(filename), out var job) ? Results.Bytes(job.Png, "image/png") : Results.NotFound());
    }

    public void Dispose() => _machine.Dispose();

    private async Task ConnectAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var id = context.Request.Query["clientId"].ToString();
        using var client = new ComfyClient(socket);
        _clients[id] = client;
        await client.SendAsync(
            "status", new JsonObject { ["status"] = new JsonObject { ["exec_info"] = new JsonObject { ["queue_remaining"] = 0 } }, ["sid"] = id });
        try
        {
            var buffer = new byte[4096];
            while ((await socket.ReceiveAsync(buffer, context.RequestAborted)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client is gone: killed, most likely, which is what it is here for.
        }
        finally
        {
            _clients.TryRemove(id, out _);
        }
    }

    private async Task<IResult> SubmitAsync(HttpContext context)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        var job = new ComfyJob(
            body["prompt_id"]?.GetValue<string>() ?? Guid.NewGuid().ToString(), Interlocked.Increment(ref _number), body["client_id"]?.GetValue<string>()
                ?? string.Empty, body["prompt"]!.AsObject());
        _jobs[job.Id] = job;
        _ = RunAsync(job);
        return Results.Json(new { prompt_id = job.Id, number = job.Number, node_errors = new JsonObject() });
    }

    private async Task RunAsync(ComfyJob job)
    {
        await _machine.WaitAsync();
        try
        {
            job.IsRunning = true;
            await TellAsync(job, "execution_start", []);
            await TellAsync(job, "executing", new() { ["node"] = job.OutputNode, ["display_node"] = job.OutputNode });
            for (var step = 1; step <= Steps && !job.IsInterrupted; step++)
            {
                await Task.Delay(delay / Steps, TimeProvider.System);
                await TellAsync(job, "progress", new() { ["node"] = job.OutputNode, ["value"] = step, ["max"] = Steps });
            }

            job.Finish();
            if (job.IsInterrupted)
            {
                await TellAsync(job, "execution_interrupted", new() { ["node_id"] = job.OutputNode, ["executed"] = new JsonArray() });
            }
            else
            {
                await TellAsync(job, "executed", new() { ["node"] = job.OutputNode, ["output"] = job.Output() });
                await TellAsync(job, "execution_success", []);
            }
        }
        finally
        {
            job.IsRunning = false;
            _machine.Release();
        }

        await TellAsync(job, "executing", new() { ["node"] = null });
    }

    private async Task<IResult> InterruptAsync(HttpContext context)
    {
        var body = context.Request.ContentLength is > 0 ? (await JsonNode.ParseAsync(context.Request.Body))?.AsObject() : null;
        var id = body?["prompt_id"]?.GetValue<string>();
        foreach (var job in _jobs.Values.Where(job => job.IsRunning && (id is null || job.Id == id)))
        {
            job.IsInterrupted = true;
        }

        return Results.Ok();
    }

    private async Task TellAsync(ComfyJob job, string type, JsonObject data)
    {
        data["prompt_id"] = job.Id;
        if (_clients.TryGetValue(job.ClientId, out var client))
        {
            await client.SendAsync(type, data);
        }
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using GenAgent.Server.Tests.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.Tests.Environments;

/// <summary>A server in agent-lightning's shape: it lists what it was given until that is claimed, and is the model of its rollouts.</summary>
internal sealed class StubTaskServer : StubApp
{
    /// <summary>The rollouts that wait, as JSON, by their ids.</summary>
    public ConcurrentDictionary<string, string> Queue { get; } = new(StringComparer.Ordinal);

    /// <summary>What a claim is answered with, by the rollout's id.</summary>
    public Func<string, HttpStatusCode> Claim { get; set; } = _ => HttpStatusCode.OK;

    /// <summary>The states that rollouts were closed with.</summary>
    public ConcurrentDictionary<string, string> Closed { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, double> Rewards { get; } = new(StringComparer.Ordinal);

    public static async Task<StubTaskServer> StartAsync()
    {
        var server = new StubTaskServer();
        server.App.MapGet(
            "/api/rollouts", () => Results.Text($"[{string.Join(',', server.Queue.OrderBy(one => one.Key).Select(one => one.Value))}]", "application/json"));
        server.App.MapPatch("/api/rollouts/{id}", server.SetAsync);
        server.App.MapPost("/api/rollouts/{id}/attempt/{n}/events", server.RewardAsync);
        server.App.MapPost("/proxy/rollout/{id}/attempt/{n}/mode/{mode}/openai/v1/chat/completions", AnswerAsync);
        await server.App.StartAsync();
        return server;
    }

    public void Add(string id, string prompt = "a red circle") => Queue[id] = $$"""{"rollout_id":"{{id}}","input":"{{prompt}}"}""";

    private async Task<IResult> SetAsync(string id, HttpContext context)
    {
        var state = (await JsonNode.ParseAsync(context.Request.Body))!["status"]!["state"]!.GetValue<string>();
        if (state is "running")
        {
            var status = Claim(id);
            if (status == HttpStatusCode.OK && !Queue.TryRemove(id, out _)) status = HttpStatusCode.Conflict;
            return Results.StatusCode((int)status);
        }

        Closed[id] = state;
        return Results.Ok();
    }

    private async Task<IResult> RewardAsync(string id, HttpContext context)
    {
        Rewards[id] = (await JsonNode.ParseAsync(context.Request.Body))!["data"]!["value"]!.GetValue<double>();
        return Results.Ok();
    }

    private static async Task<IResult> AnswerAsync(string id, HttpContext context)
    {
        var messages = (await JsonNode.ParseAsync(context.Request.Body))!["messages"]!.AsArray();
        var said = messages.Any(message => message!["role"]!.GetValue<string>() is "assistant") ? EnvironmentTests.Answer : EnvironmentTests.Call;
        return Results.Json(new
        {
            id, @object = "chat.completion", created = 0, model = "policy",
            choices = new[] { new { index = 0, message = new { role = "assistant", content = said }, finish_reason = "stop" } },
        });
    }
}

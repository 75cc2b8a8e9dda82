using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.FakeServers;

/// <summary>
/// An OpenAI-compatible chat server that judges by checklists, as GenEval++'s judge does. Every tenth call goes wrong: the JSON is cut, the answer is prose or
/// empty, or a content filter refuses.
/// </summary>
internal sealed class JudgeServer(TimeSpan delay)
{
    private int _calls;

    public void Map(WebApplication app) => app.MapPost("/v1/chat/completions", CompleteAsync);

    private async Task CompleteAsync(HttpContext context)
    {
        await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        await Task.Delay(delay, TimeProvider.System, context.RequestAborted);
        var call = Interlocked.Increment(ref _calls);
        if (call % 40 == 10)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsJsonAsync(new { error = new { message = "The image was refused by the content filter.", type = "invalid_request_error", code = "content_filter" } });
            return;
        }

        var text = (call % 40) switch
        {
            20 => """{"correct": true, "reason": "There are exactly thr""",
            30 => "I see what was asked for.",
            0 => string.Empty,
            _ => call % 3 == 0 ? """{"correct": false, "reason": "one is missing"}""" : """{"correct": true, "reason": "all there"}""",
        };
        await context.Response.WriteAsJsonAsync(new JsonObject
        {
            ["id"] = "chatcmpl-1",
            ["object"] = "chat.completion",
            ["created"] = 1,
            ["model"] = "fake-judge",
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["finish_reason"] = "stop", ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text } }),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 900, ["completion_tokens"] = 20, ["total_tokens"] = 920 },
        });
    }
}

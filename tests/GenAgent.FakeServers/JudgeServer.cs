using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.FakeServers;

/// <summary>
/// An OpenAI-compatible chat server that judges by checklists, as GenEval++'s judge does. Every tenth call goes wrong: the JSON is cut, the answer is prose or
/// empty, or a content filter refuses. Asked for log-probabilities, it gives those of an answer's first token, as GenEval2's judge does.
/// </summary>
internal sealed class JudgeServer(TimeSpan delay)
{
    private int _calls;

    public void Map(WebApplication app)
    {
        app.MapPost("/v1/chat/completions", CompleteAsync);
        app.MapGet("/calls", () => Volatile.Read(ref _calls));
    }

    private async Task CompleteAsync(HttpContext context)
    {
        var request = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        await Task.Delay(delay, TimeProvider.System, context.RequestAborted);
        var call = Interlocked.Increment(ref _calls);
        if (request?["logprobs"]?.GetValue<bool>() == true)
        {
            var counts = request["messages"]!.ToJsonString().Contains("How many", StringComparison.Ordinal);
            await context.Response.WriteAsJsonAsync(Completion(
                counts ? "three" : "Yes",
                counts ? [("three", 0.375), ("two", 0.25), ("2", 0.25)] : [("Yes", 0.5), (" yes", 0.375), ("No", 0.125)]));
            return;
        }

        if (call % 40 == 10)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsJsonAsync(
                new { error = new { message = "The image was refused by the content filter.", type = "invalid_request_error", code = "content_filter" } });
            return;
        }

        var text = (call % 40) switch
        {
            20 => """{"correct": true, "reason": "There are exactly thr""",
            30 => "I see what was asked for.",
            0 => string.Empty,
            _ => call % 3 == 0 ? """{"correct": false, "reason": "one is missing"}""" : """{"correct": true, "reason": "all there"}""",
        };
        await context.Response.WriteAsJsonAsync(Completion(text, []));
    }

    private static JsonObject Completion(string text, IReadOnlyList<(string Token, double Chance)> first)
    {
        var choice = new JsonObject { ["index"] = 0, ["finish_reason"] = "stop", ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text } };
        if (first.Count > 0)
        {
            var likeliest = Token(first[0]);
            likeliest["top_logprobs"] = new JsonArray([.. first.Select(Token)]);
            choice["logprobs"] = new JsonObject { ["content"] = new JsonArray(likeliest), ["refusal"] = null };
        }

        return new JsonObject
        {
            ["id"] = "chatcmpl-1",
            ["object"] = "chat.completion",
            ["created"] = 1,
            ["model"] = "fake-judge",
            ["choices"] = new JsonArray(choice),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 900, ["completion_tokens"] = 20, ["total_tokens"] = 920 },
        };

        static JsonObject Token((string Token, double Chance) token) =>
            new() { ["token"] = token.Token, ["logprob"] = Math.Log(token.Chance), ["bytes"] = null };
    }
}

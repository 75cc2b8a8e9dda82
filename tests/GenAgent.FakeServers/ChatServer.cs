using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.FakeServers;

/// <summary>
/// An OpenAI-compatible chat server with an agent's model behind it: it calls for an image, finds the first one wanting, and is content with the second.
/// Asked for JSON by a schema, it judges. "stop me" in the user's prompt makes it call for images without end.
/// </summary>
internal sealed class ChatServer(TimeSpan delay)
{
    private int _calls;

    public void Map(WebApplication app)
    {
        app.MapGet("/calls", () => Volatile.Read(ref _calls));
        app.MapGet("/v1/models", () => Results.Json(new { @object = "list", data = new[] { new { id = "fake-vl", @object = "model" } } }));
        app.MapPost("/v1/chat/completions", CompleteAsync);
    }

    /// <summary>What it says to a request.</summary>
    public static string TextFor(JsonObject request) =>
        request["response_format"] is JsonObject ? """{"reason":"it is all there","score":8,"passed":true}""" : Turn(request["messages"]!.AsArray());

    private async Task CompleteAsync(HttpContext context)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!.AsObject();
        Interlocked.Increment(ref _calls);
        await Task.Delay(delay, TimeProvider.System, context.RequestAborted);
        var text = TextFor(request);
        if (request["stream"]?.GetValue<bool>() == true)
        {
            await StreamAsync(context, text);
        }
        else
        {
            await context.Response.WriteAsJsonAsync(new JsonObject
            {
                ["id"] = "chatcmpl-1",
                ["object"] = "chat.completion",
                ["created"] = 1,
                ["model"] = "fake-vl",
                ["choices"] = new JsonArray(
                    new JsonObject { ["index"] = 0, ["finish_reason"] = "stop", ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text } }),
                ["usage"] = Usage(text),
            });
        }
    }

    private static string Turn(JsonArray messages)
    {
        var images = messages.Sum(message =>
            message!["content"] is JsonArray parts ? parts.Count(part => part!["type"]!.GetValue<string>() == "image_url") : 0);
        var prompt = TextOf(messages.First(message => message!["role"]!.GetValue<string>() == "user")!);
        var endless = prompt.Contains("stop me", StringComparison.Ordinal);
        var call = new JsonObject { ["name"] = "generate_image", ["arguments"] = new JsonObject { ["prompt"] = $"{prompt}, attempt {images + 1}" } };
        return images switch
        {
            0 => $"<think>They want: {prompt}</think>\n<tool_call>\n{call.ToJsonString()}\n</tool_call>",
            _ when images == 1 || endless => $"<judge>Not quite it.\nverdict: fail</judge>\n<think>Say it more "
                + $"plainly.</think>\n<tool_call>\n{call.ToJsonString()}\n</tool_call>",
            _ => $"<judge>That is it.\nverdict: pass</judge>\n<answer>image {images}</answer>",
        };
    }

    private static string TextOf(JsonNode message) => message["content"] is JsonArray parts
        ? string.Join(' ', parts.Select(part => part!["text"]?.GetValue<string>()).OfType<string>())
        : message["content"]!.GetValue<string>();

    private static async Task StreamAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var piece in text.Chunk(7))
        {
            await SendAsync(context,
                new JsonObject { ["delta"] = new JsonObject { ["content"] = new string(piece) }, ["index"] = 0, ["finish_reason"] = null }, usage: null);
        }

        await SendAsync(context, new JsonObject { ["delta"] = new JsonObject(), ["index"] = 0, ["finish_reason"] = "stop" }, usage: null);
        await SendAsync(context, choice: null, Usage(text));
        await context.Response.WriteAsync("data: [DONE]\n\n", context.RequestAborted);
    }

    private static Task SendAsync(HttpContext context, JsonObject? choice, JsonObject? usage)
    {
        var chunk = new JsonObject
        {
            ["id"] = "chatcmpl-1",
            ["object"] = "chat.completion.chunk",
            ["created"] = 1,
            ["model"] = "fake-vl",
            ["choices"] = choice is null ? new JsonArray() : new JsonArray(choice),
            ["usage"] = usage,
        };
        return context.Response.WriteAsync($"data: {chunk.ToJsonString(new JsonSerializerOptions())}\n\n", context.RequestAborted);
    }

    private static JsonObject Usage(string text) =>
        new() { ["prompt_tokens"] = 100, ["completion_tokens"] = text.Length / 4, ["total_tokens"] = 100 + (text.Length / 4) };
}

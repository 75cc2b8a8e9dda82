using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using GenAgent.Agents;
using GenAgent.Generators.GeAgent;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Tests.Agents;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Tests.Dialects;

/// <summary>Stand-ins for what the authors' release talks to: vLLM's chat API, which stops before a stop string, and their two image servers.</summary>
internal sealed class OfficialStub : IAsyncDisposable
{
    private readonly LoopbackServer _chat;
    private readonly LoopbackServer _images;
    private readonly LoopbackServer _edits;

    private OfficialStub(LoopbackServer chat, LoopbackServer images, LoopbackServer edits) => (_chat, _images, _edits) = (chat, images, edits);

    /// <summary>What the chat API was asked, in order.</summary>
    public IReadOnlyList<JsonNode> Chats => [.. _chat.Requests.Select(Body)];

    /// <summary>What the server of images was asked.</summary>
    public IReadOnlyList<JsonNode> Images => [.. _images.Requests.Select(Body)];

    /// <summary>What the server of edits was asked.</summary>
    public IReadOnlyList<JsonNode> Edits => [.. _edits.Requests.Select(Body)];

    /// <summary>Starts them.</summary>
    /// <param name="turns">What the model writes in full, one turn after the other.</param>
    /// <param name="failures">How many requests for an image fail with 503 first.</param>
    public static async Task<OfficialStub> StartAsync(IEnumerable<string> turns, int failures = 0)
    {
        var said = new ConcurrentQueue<string>(turns);
        var chat = await LoopbackServer.StartAsync(context => ChatAsync(context, said));
        var left = failures;
        var images = await LoopbackServer.StartAsync(context => Interlocked.Decrement(ref left) >= 0 ? FailAsync(context) : PaintAsync(context));
        return new OfficialStub(chat, images, await LoopbackServer.StartAsync(PaintAsync));
    }

    /// <summary>An agent over the stand-ins.</summary>
    public ImageAgent Agent(string model, ImageAgentOptions? options = null)
    {
        var http = new BackendHttpOptions { MaxRetries = 0 };
        var chat = OpenAIServer.CreateChatClient(new OpenAIServerOptions(model) { Endpoint = _chat.At("v1"), Http = http });
        return new ImageAgent(chat, new GeAgentImageGenerator(new GeAgentOptions { Endpoint = _images.Url, EditEndpoint = _edits.Url, Http = http }), options);
    }

    /// <summary>The messages of a chat request, an image told as <c>[PNG of 512 x 512]</c> is left as its place.</summary>
    public static string Messages(JsonNode request) =>
        string.Join('\n', request["messages"]!.AsArray().Select(message => $"{message!["role"]}: {Content(message["content"]!)}"));

    public async ValueTask DisposeAsync()
    {
        await _chat.DisposeAsync();
        await _images.DisposeAsync();
        await _edits.DisposeAsync();
    }

    private static string Content(JsonNode content) => content is JsonArray parts
        ? $"[{string.Join(" | ", parts.Select(part => (string)part!["type"]! == "text" ? (string)part["text"]! : "IMAGE"))}]"
        : (string)content!;

    private static JsonNode Body(SeenRequest request) => JsonNode.Parse(request.Text)!;

    private static async Task ChatAsync(HttpContext context, ConcurrentQueue<string> said)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body))!;
        var text = said.TryDequeue(out var turn) ? turn : throw new InvalidOperationException("The model was asked for more turns than the test has.");
        var stop = (string?)(request["stop"] as JsonArray)?[0] ?? (string?)request["stop"];
        if (stop is not null && text.IndexOf(stop, StringComparison.Ordinal) is >= 0 and var at)
        {
            text = text[..at];
        }

        if ((bool?)request["stream"] == true)
        {
            await StreamAsync(context, text);
            return;
        }

        await context.Response.WriteAsJsonAsync(new
        {
            id = "c",
            @object = "chat.completion",
            created = 1,
            model = (string)request["model"]!,
            choices = new[] { new { index = 0, finish_reason = "stop", stop_reason = stop, message = new { role = "assistant", content = text } } },
            usage = new { prompt_tokens = 10, completion_tokens = 5, total_tokens = 15 },
        });
    }

    private static async Task StreamAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var piece in text.Chunk(5).Select(letters => new string(letters)).Append(string.Empty))
        {
            var chunk = new
            {
                id = "c",
                @object = "chat.completion.chunk",
                created = 1,
                model = "m",
                choices = new[] { new { index = 0, delta = new { role = "assistant", content = piece }, finish_reason = piece.Length > 0 ? null : "stop" } },
            };
            await context.Response.WriteAsync($"data: {System.Text.Json.JsonSerializer.Serialize(chunk)}\n\n");
        }

        await context.Response.WriteAsync("data: [DONE]\n\n");
    }

    private static async Task PaintAsync(HttpContext context)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body))!;
        context.Request.Path.Value.ShouldBe("/generate/");
        var color = (uint)((string)request["prompt"]![0]!).Aggregate(7, (hash, letter) => (hash * 31) + letter);
        var png = SeededGenerator.Png((int)request["width"]!, (int)request["height"]!, color);
        await context.Response.WriteAsJsonAsync(
            new { status = "success", images = Enumerable.Repeat(Convert.ToBase64String(png), (int?)request["num_images_per_prompt"] ?? 1) });
    }

    private static async Task FailAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        await context.Response.WriteAsJsonAsync(new { detail = "CUDA out of memory" });
    }
}

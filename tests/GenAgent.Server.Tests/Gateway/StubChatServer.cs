using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using GenAgent.Server.Tests.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.Tests.Gateway;

/// <summary>
/// A chat server in vLLM's shape: with <c>return_token_ids</c> it gives <c>prompt_token_ids</c> and <c>token_ids</c>, with <c>logprobs</c> a log-probability
/// for each. A character is a token, an image four pads. It says what <see cref="Reply"/> says, and goes wrong as <see cref="Fault"/> says.
/// </summary>
internal sealed class StubChatServer : StubApp
{
    public const int TurnStart = 1;
    public const int TurnEnd = 2;
    public const int Pad = 3;
    public const int PadsAnImage = 4;

    public Func<JsonArray, string> Reply { get; set; } = messages => $"reply to {messages.Count} messages";

    public Func<JsonArray, StubFault> Fault { get; set; } = _ => StubFault.None;

    public ConcurrentQueue<(JsonObject Body, IHeaderDictionary Headers)> Requests { get; } = new();

    /// <summary>Held answers: a call waits until it is completed.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public string Uri => $"openai:stub-vl@{Address}/v1";

    public static async Task<StubChatServer> StartAsync()
    {
        var server = new StubChatServer();
        server.App.MapPost("/v1/chat/completions", server.AnswerAsync);
        await server.App.StartAsync();
        return server;
    }

    /// <summary>The ids of a conversation that the assistant continues.</summary>
    public static List<int> Render(JsonArray messages)
    {
        var ids = new List<int>();
        foreach (var message in messages)
        {
            ids.Add(TurnStart);
            ids.AddRange(Encode(message!["role"]!.GetValue<string>() + "\n"));
            if (message["content"] is JsonArray parts)
            {
                foreach (var part in parts)
                    ids.AddRange(part!["type"]!.GetValue<string>() is "text" ? Encode(part["text"]!.GetValue<string>()) : Enumerable.Repeat(Pad, PadsAnImage));
            }
            else
            {
                ids.AddRange(Encode(message["content"]!.GetValue<string>()));
            }

            ids.Add(TurnEnd);
        }

        return [.. ids, TurnStart, .. Encode("assistant\n")];
    }

    public static List<int> Encode(string text) => [.. text.Select(c => 1000 + c)];

    public static string Decode(IEnumerable<int> ids) => string.Concat(ids.Where(id => id >= 1000).Select(id => (char)(id - 1000)));

    public static float LogProb(int place) => -0.01f * (place + 1);

    private async Task AnswerAsync(HttpContext context)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!.AsObject();
        Requests.Enqueue((request, new HeaderDictionary(context.Request.Headers.ToDictionary(one => one.Key, one => one.Value))));
        await Gate.WaitAsync(context.RequestAborted);
        var messages = request["messages"]!.AsArray();
        var fault = Fault(messages);
        if (await RefusesAsync(context, fault)) return;
        var (text, prompt) = (Reply(messages), Render(messages));
        if (fault == StubFault.OtherIds) prompt[^20] += 7;
        List<int> sampled = [.. Encode(text), TurnEnd];
        if (request["stream"]?.GetValue<bool>() == true && fault != StubFault.NoStreams) await StreamAsync(context, text, prompt, sampled, fault);
        else await context.Response.WriteAsync(Asked(Whole(text, prompt, sampled, fault), request).ToJsonString(), context.RequestAborted);
    }

    private static async Task<bool> RefusesAsync(HttpContext context, StubFault fault)
    {
        context.Response.ContentType = "application/json";
        switch (fault)
        {
            case StubFault.RateLimited:
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "7";
                await context.Response.WriteAsync("""{"error":{"message":"slow down, Bearer upstream-secret-key","code":"busy"}}""");
                return true;
            case StubFault.BadRequest:
                context.Response.StatusCode = 400;
                await context.Response.WriteAsync("""{"object":"error","message":"This model's maximum context length is 16 tokens.","code":400}""");
                return true;
            case StubFault.Redirect:
                context.Response.StatusCode = 302;
                context.Response.Headers.Location = "http://127.0.0.1:9/elsewhere";
                return true;
            case StubFault.Page:
                await context.Response.WriteAsync("<html>no chat server</html>");
                return true;
            case StubFault.NoChoices:
                await context.Response.WriteAsync("""{"object":"chat.completion"}""");
                return true;
            case StubFault.Half:
                await context.Response.WriteAsync("""{"choices":[{"message":{"content":"\ud83d"},"finish_reason":"stop"}]}""");
                return true;
            case StubFault.Twice:
                await context.Response.WriteAsync("""{"choices":[{"message":{"content":"a","content":"b"},"finish_reason":"stop"}]}""");
                return true;
            case StubFault.SplitCharacter:
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("""
                    data: {"choices":[{"index":0,"delta":{"content":"a \ud83d"},"finish_reason":null}]}

                    data: {"choices":[{"index":0,"delta":{"content":"\ude00 cat"},"finish_reason":"stop"}]}

                    data: null

                    data: "[DONE]"


                    """);
                return true;
            case StubFault.ErrorBody:
                await context.Response.WriteAsync("""{"error":{"message":"worker died, key upstream-secret-key","code":500}}""");
                return true;
            case StubFault.Long:
                await context.Response.WriteAsync($$"""{"object":"chat.completion","padding":"{{new string('x', 5000)}}","choices":[]}""");
                return true;
            default:
                return false;
        }
    }

    private static JsonObject Whole(string text, List<int> prompt, List<int> sampled, StubFault fault)
    {
        var choice = new JsonObject
        {
            ["index"] = 0,
            ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text },
            ["finish_reason"] = fault == StubFault.NoFinish ? null : "stop",
            ["token_ids"] = Ids(sampled),
            ["logprobs"] = LogProbs(sampled.Count - (fault == StubFault.FewerLogProbs ? 2 : 0), 0),
        };
        if (fault == StubFault.WordForId) choice["token_ids"] = new JsonArray("seven");
        return new()
        {
            ["id"] = "chatcmpl-1",
            ["object"] = "chat.completion",
            ["model"] = "stub-vl",
            ["prompt_token_ids"] = Ids(prompt),
            ["choices"] = new JsonArray(choice),
            ["usage"] = Usage(prompt, sampled),
        };
    }

    // As every server of OpenAI's protocol: no ids and log-probabilities that nobody asked for.
    private static JsonObject Asked(JsonObject answer, JsonObject request)
    {
        var choice = answer["choices"]![0]!.AsObject();
        if (request["logprobs"]?.GetValue<bool>() != true) choice.Remove("logprobs");
        if (request["return_token_ids"]?.GetValue<bool>() == true) return answer;
        choice.Remove("token_ids");
        answer.Remove("prompt_token_ids");
        return answer;
    }

    private static async Task StreamAsync(HttpContext context, string text, List<int> prompt, List<int> sampled, StubFault fault)
    {
        context.Response.ContentType = "text/event-stream";
        var first = Choice(new() { ["role"] = "assistant", ["content"] = "" });
        await SendAsync(new JsonObject { ["prompt_token_ids"] = Ids(prompt), ["choices"] = new JsonArray(first) });
        foreach (var (place, id) in sampled.SkipLast(1).Index())
        {
            if (fault == StubFault.CutStream && place == 3) return;
            if (fault == StubFault.StalledStream && place == 3) await Task.Delay(Timeout.Infinite, context.RequestAborted);

            var choice = Choice(new() { ["content"] = text[place].ToString() });
            (choice["token_ids"], choice["logprobs"]) = (Ids([id]), LogProbs(1, place));
            await SendAsync(new JsonObject { ["choices"] = new JsonArray(choice) });
        }

        var last = Choice([]);
        (last["finish_reason"], last["token_ids"], last["logprobs"]) = ("stop", Ids([TurnEnd]), LogProbs(1, sampled.Count - 1));
        await SendAsync(new JsonObject { ["choices"] = new JsonArray(last) });
        await SendAsync(new JsonObject { ["choices"] = new JsonArray(), ["usage"] = Usage(prompt, sampled) });
        await context.Response.WriteAsync("data: [DONE]\n\n", context.RequestAborted);

        static JsonObject Choice(JsonObject delta) => new() { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = null };

        async Task SendAsync(JsonObject chunk)
        {
            (chunk["object"], chunk["model"]) = ("chat.completion.chunk", "stub-vl");
            await context.Response.WriteAsync($"data: {chunk.ToJsonString()}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static JsonObject Usage(List<int> prompt, List<int> sampled) =>
        new() { ["prompt_tokens"] = prompt.Count, ["completion_tokens"] = sampled.Count, ["total_tokens"] = prompt.Count + sampled.Count };

    private static JsonArray Ids(IEnumerable<int> ids) => new([.. ids.Select(id => (JsonNode)id)]);

    private static JsonObject LogProbs(int count, int from) => new()
    {
        ["content"] = new JsonArray([.. Enumerable.Range(from, count).Select(place => new JsonObject
        {
            ["token"] = string.Create(CultureInfo.InvariantCulture, $"t{place}"), ["logprob"] = (double)LogProb(place),
        })]),
    };
}

/// <summary>What a stub does wrong.</summary>
internal enum StubFault
{
    None,
    RateLimited,
    BadRequest,
    Redirect,
    Page,
    NoChoices,
    NoFinish,
    Half,
    Twice,
    SplitCharacter,
    Long,
    WordForId,
    FewerLogProbs,
    OtherIds,
    CutStream,
    StalledStream,
    ErrorBody,
    NoStreams,
}

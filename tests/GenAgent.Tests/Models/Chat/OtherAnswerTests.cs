using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Models.Chat;

/// <summary>Answers of chat servers in other shapes than OpenAI's: each is read, or what it says is told.</summary>
public sealed class OtherAnswerTests
{
    [Theory]
    [InlineData("data: {\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"a red cat\"},\"finish_reason\":null}]}\n\n")]
    [InlineData("data:{\"choices\":[{\"delta\":{\"content\":\"a red cat\"}}]}\r\n\r\ndata:[DONE]\r\n\r\n")]
    [InlineData("\uFEFFdata: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"}}]}\n\ndata: [DONE]\n\n")]
    [InlineData(": OPENROUTER PROCESSING\n\nid: 1\nretry: 3\ndata: {\"choices\":[]}\n\ndata: "
        + "{\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"a red cat\"}]}}]}\n\ndata: [DONE]\n\n")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"},\"finish_reason\":{\"type\":\"eos\"}}]}\n\n")]
    [InlineData("data: {\"choices\":[{\"delta\":\"a red cat\",\"finish_reason\":\"stop\"}]}\n\n")]
    [InlineData("data: {\"choices\":{\"delta\":{\"content\":\"a red cat\"},\"finish_reason\":\"stop\"},\"error\":false}\n\n")]
    [InlineData("{\"choices\":[{\"delta\":{\"content\":\"a red cat\"}}]}\n{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n")]
    [InlineData("{\n  \"choices\": [\n    {\"message\": {\"content\": [\"a red\", \" cat\"]}}\n  ],\n  \"error\": \"\", \"base_resp\": {\"status_code\": 0, "
        + "\"status_msg\": \"\"}\n}")]
    [InlineData("{\"choices\":[{\"text\":\"a red cat\",\"finish_reason\":\"length\"}],\"error\":[],\"message\":\"ok\"}")]
    [InlineData("data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"a red cat\"}}]}\n\n"
        + "data: {\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":1}]}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"}},{\"index\":0,\"delta\":{\"content\":\"a red cat\"}}]}\n\ndata: [DONE]\n\n")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"},\"finish_reason\":\"error\"}]}\n\n")]
    [InlineData("data: {\"type\":\"ping\"}\n\ndata: {\"choices\":null}\n\ndata: {\"choices\":[{\"delta\":{\"role\":null,\"content\":\"a red "
        + "cat\"}}]}\n\ndata: [DONE]\n\n")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"},\"logprobs\":{\"content\":[{\"logprob\":-Infinity}]}}],\"rate\":NaN}\n\n"
        + "data: [DONE]\n\n")]
    [InlineData(" data: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"}}]}\n\n data: [DONE]\n\n")]
    [InlineData("data: data: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"}}]}\n\ndata: data: [DONE]\n\n")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"},\"finish_reason\":\"stop\"}]}\n\ndata: \"[DONE]\"\n\n")]
    [InlineData("event: ping\ndata: ping\n\ndata: null\n\ndata: [ping]\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"}}]}\n\ndata: [done]\n\n")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"a red\"}}]}{\"choices\":[{\"delta\":{\"content\":\" cat\"}}]}\n\ndata: [DONE]\n\n")]
    [InlineData("{\"choices\":[{\"delta\":{},\"message\":{\"content\":\"a red cat\"},\"finish_reason\":\"stop\"}]}")]
    [InlineData("{\"choices\":[{\"message\":{\"content\":[{\"type\":\"refusal\",\"refusal\":\"a red cat\"}]},\"finish_reason\":\"stop\"}]}")]
    public async Task The_text_is_read(string body)
    {
        foreach (var type in new[] { "text/event-stream", "application/json", "text/plain", "text/html; charset=UTF-8" })
        {
            await using var server = new RawServer((_, _) => RawServer.Answer(body, type));
            using var client = Client(server);

            (await client.GetStreamingResponseAsync("hi").ToChatResponseAsync()).Text.ShouldBe("a red cat");
            (await client.GetResponseAsync("hi")).Text.ShouldBe("a red cat");
        }
    }

    [Fact]
    public async Task A_character_that_is_cut_in_two_is_joined_and_a_lone_half_breaks_nothing()
    {
        const string Body = "data: {\"choices\":[{\"delta\":{\"content\":\"a \\ud83d\",\"reasoning\":\"\\ud83d\"}}]}\n\n"
            + "data: {\"choices\":[{\"delta\":{\"content\":\"\\ude00 \\ude00 cat\\n\",\"reasoning\":\"\\ude00\"}}]}\n\n"
            + "data: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"},\"finish_reason\":\"stop\"}]}\n\n";
        await using var server = new RawServer((_, _) => RawServer.Answer(Body, "text/event-stream"));
        await using var failing = new RawServer((_, _) => RawServer.Answer("{\"error\":\"no \\ud83d left\"}", status: "500 Internal Server Error"));
        using var client = Client(server);
        using var failed = Client(failing);

        var response = await client.GetStreamingResponseAsync("hi").ToChatResponseAsync();

        response.Text.ShouldBe("a \ud83d\ude00 \ufffd cat\n");
        response.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>().Single().Text.ShouldBe("\ud83d\ude00");
        (await Should.ThrowAsync<BackendException>(() => failed.GetResponseAsync("hi"))).Message.ShouldContain("no \ufffd left");
    }

    [Theory]
    [InlineData("data: {\"error\":true,\"message\":\"the reason\"}\n\ndata: [DONE]\n\n")]
    [InlineData("data: {\"code\":\"InvalidParameter\",\"message\":\"the reason\",\"request_id\":\"x\"}\n\n")]
    [InlineData("data: {\"success\":false,\"errors\":[{\"code\":7,\"message\":\"the reason\"}]}\n\ndata: [DONE]\n\n")]
    [InlineData("data: {\"error_code\":17,\"error_msg\":\"the reason\"}\n\n")]
    [InlineData("data: {\"choices\":null,\"base_resp\":{\"status_code\":1008,\"status_msg\":\"the reason\"}}\n\n")]
    [InlineData("{\"choices\":[],\"msg\":\"the reason\",\"error\":500}")]
    [InlineData("{\"error\":[\"the reason\"]}")]
    [InlineData("{\"choices\":[{\"message\":{\"content\":\"\"},\"error\":\"the reason\"}]}")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: Error: the reason\n\n")]
    [InlineData("upstream failed: the reason")]
    [InlineData("{\"ResponseMetadata\":{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"the reason\"}}}")]
    [InlineData("{\"Response\":{\"Error\":{\"Code\":\"AuthFailure\",\"Message\":\"the reason\"},\"RequestId\":\"r\"}}")]
    [InlineData("data: {\"fault\":{\"faultstring\":\"the reason\",\"detail\":{\"errorcode\":\"x\"}}}\n\n")]
    [InlineData("data: {\"status\":\"error\",\"reason\":\"the reason\"}\n\ndata: [DONE]\n\n")]
    [InlineData("data: {\"message\":\"the reason\",\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n")]
    [InlineData("<!DOCTYPE html><html><head><title>the reason</title></head></html>")]
    [InlineData("event: error\ndata: the reason\n\n")]
    public async Task An_error_is_told(string body)
    {
        foreach (var type in new[] { "text/event-stream", "application/json" })
        {
            await using var server = new RawServer((_, _) => RawServer.Answer(body, type));
            using var client = Client(server);

            (await Should.ThrowAsync<BackendException>(() => client.GetStreamingResponseAsync("hi").ToChatResponseAsync())).Message.ShouldContain("the reason");
            (await Should.ThrowAsync<BackendException>(() => client.GetResponseAsync("hi"))).Message.ShouldContain("the reason");
        }
    }

    [Theory]
    [InlineData("""{"Message":"the reason"}""")]
    [InlineData("""{"detail":{"error":{"message":"the reason"}}}""")]
    [InlineData("""{"error":"{\"error\":{\"message\":\"the reason\",\"code\":\"model_not_found\"}}"}""")]
    [InlineData("""{"error":{"message":{"text":"the reason"},"code":"x"}}""")]
    [InlineData("""{"error":{"message":"{\"type\":\"error\",\"error\":{\"message\":\"the reason\"}}"}}""")]
    [InlineData("""{"errors":[{"code":7003,"message":"the reason"}],"success":false}""")]
    [InlineData("""{"exception":"the reason"}""")]
    [InlineData("""{"error":{"message":"the reason","score":NaN}}""")]
    [InlineData("""{"errors":[{"status":"400","title":"Bad","detail":"the reason"}]}""")]
    [InlineData("""{"object":"error","message":{"detail":["the reason"]},"type":"invalid_request_error"}""")]
    [InlineData("\uFEFF{\"error\":{\"message\":\"the reason\"}}")]
    public async Task A_refusal_is_told_in_words_and_not_as_the_JSON_around_them(string body)
    {
        await using var server = new RawServer((_, _) => RawServer.Answer(body, status: "400 Bad Request"));
        using var client = Client(server);

        (await Should.ThrowAsync<BackendRejectedException>(() => client.GetResponseAsync("hi"))).Message.ShouldEndWith("rejected the request: the reason");
    }

    [Theory]
    [InlineData("reasoning")]
    [InlineData("thinking")]
    [InlineData("reasoning_text")]
    public async Task A_thought_is_read_and_goes_back_by_the_name_that_it_came_by(string name)
    {
        await using var server = new RawServer((_, _) =>
            RawServer.Answer($$"""{"choices":[{"message":{"{{name}}":"I plan.","content":"ok"},"finish_reason":"stop"}]}"""));
        using var client = Client(server);

        var first = await client.GetResponseAsync("hi");
        await client.GetResponseAsync([.. first.Messages, new ChatMessage(ChatRole.User, "go on")]);

        JsonNode.Parse(server.Bodies.Last())!["messages"]![0]![name]!.GetValue<string>().ShouldBe("I plan.");
    }

    [Fact]
    public async Task The_end_of_a_long_traceback_is_told()
    {
        var trace = $"Traceback (most recent call last):\n{string.Concat(Enumerable.Repeat("  File \"a.py\", line 1, in f\n", 500))}RuntimeError: the reason";
        await using var server = new RawServer((_, _) => RawServer.Answer(trace, "text/plain", "400 Bad Request"));
        using var client = Client(server);

        (await Should.ThrowAsync<BackendRejectedException>(() => client.GetResponseAsync("hi"))).Message.ShouldSatisfyAllConditions(
            message => message.ShouldContain("Traceback"), message => message.ShouldEndWith("RuntimeError: the reason"),
            message => message.Length.ShouldBeLessThan(2500));
    }

    [Fact]
    public async Task A_failure_without_words_is_no_empty_answer()
    {
        await using var server = new RawServer((_, _) => RawServer.Answer("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\n"));
        using var client = Client(server);

        (await Should.ThrowAsync<BackendUnavailableException>(() => client.GetResponseAsync("hi"))).Message.ShouldContain("gave up");
    }

    [Theory]
    [InlineData("400 Bad Request", """{"error":{"message":"Unknown parameter.","param":"seed","code":"unknown_parameter"}}""")]
    [InlineData("422 Unprocessable Entity", """{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted","input":1}]}""")]
    [InlineData("400 Bad Request", """{"message":"Seed isn't supported by this model"}""")]
    [InlineData("500 Internal Server Error", """{"error":"generate() got an unexpected keyword argument 'seed'"}""")]
    [InlineData("400 Bad Request", "The field seed must not be set.")]
    [InlineData("501 Not Implemented", """{"error":{"code":501,"message":"seed: not available","type":"not_supported_error"}}""")]
    [InlineData("200 OK", """{"error":{"code":400,"message":"Unrecognized request argument supplied: seed"}}""")]
    [InlineData("422 Unprocessable Entity", """{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs"}]}}""")]
    [InlineData("400 Bad Request", """{"error":{"message":"Check 'seed'.","code":"unsupported_value"}}""")]
    public async Task A_refused_field_is_left_out_however_the_server_names_it(string status, string body)
    {
        await using var server = new RawServer((_, sent) => JsonNode.Parse(sent)!.AsObject().ContainsKey("seed")
            ? RawServer.Answer(body, status: status)
            : RawServer.Answer("""{"choices":[{"message":{"content":"ok"}}]}"""));
        using var client = Client(server);

        (await client.GetResponseAsync("hi", new ChatOptions { Seed = 1 })).Text.ShouldBe("ok");
        server.Bodies.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("Argument not supported on this model: maxTokens")]
    [InlineData("max tokens is not supported")]
    [InlineData("This max_tokens type is unavailable now")]
    public async Task A_field_is_known_by_other_spellings_of_its_name(string refusal)
    {
        await using var server = new RawServer((_, sent) => JsonNode.Parse(sent)!.AsObject().ContainsKey("max_tokens")
            ? RawServer.Answer(new JsonObject { ["error"] = refusal }.ToJsonString(), status: "400 Bad Request")
            : RawServer.Answer("""{"choices":[{"message":{"content":"ok"}}]}"""));
        using var client = Client(server);

        (await client.GetResponseAsync("hi", new ChatOptions { MaxOutputTokens = 9 })).Text.ShouldBe("ok");
    }

    [Theory]
    [InlineData("""{"error":{"message":"Your organization must be verified to stream this model.","param":"stream","code":"unsupported_value"}}""", true)]
    [InlineData("""{"error":"Streaming is not supported for this model"}""", true)]
    [InlineData("""{"error":"This model does not support streaming."}""", true)]
    [InlineData("""{"error":"The input stream holds an image, which is too large"}""", false)]
    public async Task A_model_that_does_not_stream_is_asked_for_whole_answers(string refusal, bool isRefused)
    {
        await using var server = new RawServer((_, sent) => JsonNode.Parse(sent)!.AsObject().ContainsKey("stream")
            ? RawServer.Answer(refusal, status: "400 Bad Request")
            : RawServer.Answer("""{"choices":[{"message":{"content":"ok"}}]}"""));
        using var client = Client(server);

        if (isRefused)
        {
            (await client.GetStreamingResponseAsync("hi").ToChatResponseAsync()).Text.ShouldBe("ok");
            (await client.GetStreamingResponseAsync("hi").ToChatResponseAsync()).Text.ShouldBe("ok");
            server.Bodies.Count.ShouldBe(3, "the second call knows");
        }
        else
        {
            await Should.ThrowAsync<BackendRejectedException>(() => client.GetStreamingResponseAsync("hi").ToChatResponseAsync());
        }
    }

    [Theory]
    [InlineData("content_filter: RECITATION")]
    [InlineData("BLOCKLIST")]
    [InlineData("sensitive")]
    public async Task A_filter_of_any_name_is_one(string reason)
    {
        await using var server = new RawServer((_, _) =>
            RawServer.Answer($$"""{"choices":[{"message":{},"finish_reason":"{{reason}}"}]}"""));
        using var client = Client(server);

        (await client.GetResponseAsync("hi")).FinishReason.ShouldBe(ChatFinishReason.ContentFilter);
    }

    [Theory]
    [InlineData("Content-Length: 9999\r\n\r\n", "")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n200\r\n", " ")]
    public async Task A_connection_that_is_lost_after_the_models_end_loses_nothing(string head, string rest)
    {
        const string Body = "data: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"},\"finish_reason\":\"stop\"}]}\n\n";
        await using var server = new RawServer((_, _) =>
            System.Text.Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{head}{Body}{rest}"));
        using var client = Client(server);

        (await client.GetStreamingResponseAsync("hi").ToChatResponseAsync()).Text.ShouldBe("a red cat");
    }

    [Fact]
    public async Task A_server_that_keeps_the_connection_open_after_the_models_end_is_not_waited_for()
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"},\"finish_reason\":\"stop\"}]}\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using var client = OpenAIServer.CreateChatClient(
            new OpenAIServerOptions("m") { Endpoint = server.At("/v1") }, timeProvider: new ScriptedTime(wait => wait == TimeSpan.FromSeconds(30)));

        (await client.GetStreamingResponseAsync("hi").ToChatResponseAsync()).Text.ShouldBe("a red cat");
    }

    [Theory]
    [InlineData("utf-16", "application/json", "a red café")]
    [InlineData("utf-16BE", "application/json", "a red café")]
    [InlineData("latin1", "application/json; charset=ISO-8859-1", "a red café")]
    [InlineData("utf-8", "application/json; charset=ISO-8859-1", "a red café")]
    public async Task A_whole_answer_in_another_encoding_is_read(string encoding, string type, string text)
    {
        var by = System.Text.Encoding.GetEncoding(encoding);
        byte[] body = [.. by.GetPreamble(), .. by.GetBytes($$$"""{"choices":[{"message":{"content":"{{{text}}}"}}]}""")];
        await using var server = new RawServer((_, _) => RawServer.Answer(body, type));
        using var client = Client(server);

        (await client.GetResponseAsync("hi")).Text.ShouldBe(text);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 47\r\n\r\nClient sent an HTTP request to an HTTPS server.", "write https://")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 37\r\n\r\n{\"error\":\"m does not support tools x\"}", "--dialect genagent")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n", "write https://")]
    [InlineData("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "names no other address")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 4\r\n\r\n(/~x", "compressed with zstd")]
    public async Task What_to_do_is_said(string answer, string said)
    {
        await using var server = new RawServer((_, _) => System.Text.Encoding.UTF8.GetBytes(answer));
        using var client = Client(server);

        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(() => "x", "paint")] };
        (await Should.ThrowAsync<BackendException>(() => client.GetResponseAsync("hi", options))).Message.ShouldContain(said);
    }

    [Fact]
    public async Task An_address_without_its_path_is_said_to_lack_it()
    {
        await using var server = new RawServer((_, _) => RawServer.Answer("404 page not found", "text/plain", "404 Not Found"));
        using var bare = OpenAIServer.CreateChatClient(new OpenAIServerOptions("m") { Endpoint = server.At("/") });
        using var whole = Client(server);

        (await Should.ThrowAsync<BackendRejectedException>(() => bare.GetResponseAsync("hi"))).Message.ShouldContain("/v1 at its end");
        (await Should.ThrowAsync<BackendRejectedException>(() => whole.GetResponseAsync("hi"))).Message.ShouldNotContain("/v1 at its end");
    }

    [Theory]
    [InlineData("402 Payment Required", """{"error":{"message":"Insufficient Balance"}}""", true)]
    [InlineData("429 Too Many Requests", """{"error":{"message":"You exceeded your quota","type":"insufficient_quota"}}""", true)]
    [InlineData("429 Too Many Requests", """{"error":{"message":"Slow down"}}""", false)]
    public async Task A_spent_account_ends_the_run(string status, string body, bool ends)
    {
        await using var server = new RawServer((_, _) => RawServer.Answer(body, status: status));
        using var client = Client(server);

        (await Should.ThrowAsync<BackendException>(() => client.GetResponseAsync("hi"))).EndsRun.ShouldBe(ends);
    }

    private static IChatClient Client(RawServer server) =>
        OpenAIServer.CreateChatClient(new OpenAIServerOptions("m") { Endpoint = server.At("/v1"), Http = new BackendHttpOptions { MaxRetries = 0 } });
}

using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Tests.Models.Http;
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
    public async Task The_text_is_read(string body)
    {
        foreach (var type in new[] { "text/event-stream", "application/json", "text/plain" })
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
    public async Task A_refusal_is_told_in_words_and_not_as_the_JSON_around_them(string body)
    {
        await using var server = new RawServer((_, _) => RawServer.Answer(body, status: "400 Bad Request"));
        using var client = Client(server);

        (await Should.ThrowAsync<BackendRejectedException>(() => client.GetResponseAsync("hi"))).Message.ShouldEndWith("rejected the request: the reason");
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
    public async Task A_refused_field_is_left_out_however_the_server_names_it(string status, string body)
    {
        await using var server = new RawServer((_, sent) => JsonNode.Parse(sent)!.AsObject().ContainsKey("seed")
            ? RawServer.Answer(body, status: status)
            : RawServer.Answer("""{"choices":[{"message":{"content":"ok"}}]}"""));
        using var client = Client(server);

        (await client.GetResponseAsync("hi", new ChatOptions { Seed = 1 })).Text.ShouldBe("ok");
        server.Bodies.Count.ShouldBe(2);
    }

    private static IChatClient Client(RawServer server) =>
        OpenAIServer.CreateChatClient(new OpenAIServerOptions("m") { Endpoint = server.At("/v1"), Http = new BackendHttpOptions { MaxRetries = 0 } });
}

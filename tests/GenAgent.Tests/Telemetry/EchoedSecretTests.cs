using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Tests.Telemetry;

/// <summary>A server that sends back the key that it was called with, in every place that it can.</summary>
public sealed class EchoedSecretTests
{
    private const string Key = "sk-abcdefghijklmnop0123\"tail";
    private const string Escaped = "sk-abcdefghijklmnop0123\\\"tail";

    [Fact]
    public async Task A_key_in_pieces_of_a_stream_is_blotted_out()
    {
        string[] pieces = ["I got sk-abcde", "fghijklmnop01", "23\\\"ta", "il!"];
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (var piece in pieces)
            {
                await context.Response.WriteAsync(
                    $$"""data: {"id":"c","created":1,"model":"{{Escaped}}","choices":[{"index":0,"delta":{"content":"{{piece}}","reasoning_content":"{{piece}}"},"finish_reason":null}]}""" + "\n\n");
            }

            await context.Response.WriteAsync(
                """data: {"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\ndata: [DONE]\n\n");
        });
        using var client = await ClientAsync(server);

        var updates = await client.GetStreamingResponseAsync("hi").ToListAsync();

        string.Concat(updates.Select(update => update.Text)).ShouldBe("I got ***!");
        updates.ShouldAllBe(update => update.ModelId == null || !update.ModelId.Contains("tail"));
        updates.SelectMany(update => update.Contents).OfType<TextReasoningContent>().ShouldAllBe(thought => !thought.Text.Contains("sk-"));
    }

    [Fact]
    public async Task A_key_in_text_and_call_of_a_whole_answer_is_blotted_out()
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(
                $$$"""{"id":"c","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{{Escaped}}}","tool_calls":[{"id":"1","type":"function","function":{"name":"generate_image","arguments":"{\"prompt\":\"a {{{Escaped.Replace("\\\"", "\\\\\\\"")}}} cat\"}"}}]},"finish_reason":"stop"}]}""");
        });
        using var client = await ClientAsync(server);

        var response = await client.GetResponseAsync("hi");

        response.Text.ShouldBe("***");
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Single().Arguments!["prompt"]!.ToString().ShouldBe("a *** cat");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task A_key_in_an_error_is_blotted_out_of_all_that_a_log_would_print(int status)
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync($$$"""{"error":{"message":"Incorrect API key: {{{Escaped}}}.","code":"{{{Escaped}}}"}}""");
        });
        using var client = await ClientAsync(server);

        var failure = await Should.ThrowAsync<BackendException>(() => client.GetResponseAsync("hi"));

        failure.Message.ShouldContain("Incorrect API key: ***.");
        failure.ToString().ShouldNotContain("sk-abc");
        failure.ToString().ShouldNotContain("tail");
        failure.Code.ShouldBe("***");
        failure.Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("I was called with KEY")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: Error: KEY is no key\n\n")]
    [InlineData("{\"base_resp\":{\"status_code\":1,\"status_msg\":\"KEY is no key\"}}")]
    [InlineData("{\"message\":\"KEY is no key\"}")]
    public async Task A_key_in_an_answer_that_is_none_is_blotted_out_of_what_is_told_of_it(string body)
    {
        await using var server = await LoopbackServer.StartAsync(context =>
            context.Response.WriteAsync(body.Replace("KEY", Escaped, StringComparison.Ordinal)));
        using var client = await ClientAsync(server);
        using var generator = await Registry().CreateImageGeneratorAsync($"openai:m@{server.At("/v1")}");

        foreach (var failure in new[]
        {
            await Should.ThrowAsync<BackendException>(() => client.GetResponseAsync("hi")),
            await Should.ThrowAsync<BackendException>(() => client.GetStreamingResponseAsync("hi").ToChatResponseAsync()),
            await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("hi")),
        })
        {
            failure.ToString().ShouldNotContain("sk-abc");
            failure.ToString().ShouldNotContain("tail");
        }
    }

    private static ValueTask<IChatClient> ClientAsync(LoopbackServer server) => Registry().CreateChatClientAsync($"openai:m@{server.At("/v1")}");

    private static BackendRegistry Registry() => new BackendRegistry(
        new ConfigurationBuilder().AddInMemoryCollection([new("Secrets:127.0.0.1", Key), new("Http:MaxRetries", "0")]).Build()).AddServers();
}

using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using SkiaSharp;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace GenAgent.Tests.Models;

public class CompatibleChatClientTests
{
    private const string Answer = """{"choices":[{"finish_reason":"stop","index":0,"message":{"role":"assistant","content":"ok"}}]}""";

    public static TheoryData<string> OfficialRequests() =>
        [.. OfficialChat().Select(exchange => exchange.Name).DefaultIfEmpty(string.Empty)];

    [Theory]
    [MemberData(nameof(OfficialRequests))]
    public async Task A_conversation_is_sent_as_OpenAIs_own_client_sends_it(string name)
    {
        if (OfficialChat().FirstOrDefault(exchange => exchange.Name == name) is not { } exchange)
        {
            return;
        }

        var recorded = exchange.RequestJson()!;
        var (messages, options) = RecordedChat.Read(recorded)!.Value;
        await using var server = await LoopbackServer.StartAsync(exchange.AnswerAsync);
        using var client = RecordedChat.Client(server, recorded["model"]!.GetValue<string>());
        var streams = exchange.BodyText.StartsWith("data:", StringComparison.Ordinal);

        var response = streams
            ? await client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync()
            : await client.GetResponseAsync(messages, options);

        var seen = server.Requests.ShouldHaveSingleItem();
        var sent = JsonNode.Parse(seen.Text)!.AsObject();
        foreach (var (field, value) in recorded)
        {
            if (field is not ("messages" or "tools"))
            {
                sent[field]?.ToJsonString().ShouldBe(value!.ToJsonString(), field);
            }
        }

        sent["messages"]!.AsArray().Count.ShouldBe(recorded["messages"]!.AsArray().Count);
        sent["messages"]!.ToJsonString().ShouldContain(recorded["messages"]!.AsArray()[^1]!["content"]!.ToJsonString().Trim('[', ']'));
        seen.Headers["Authorization"].ShouldStartWith("Bearer ");
        var expected = streams ? RecordedAnswer.FromStream(exchange.BodyText) : RecordedAnswer.FromBody(exchange.BodyText);
        response.Text.ShouldBe(expected.Text);
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Select(call => call.Name)
            .ShouldBe(expected.Calls.Select(call => call.Name));
    }

    [Fact]
    public async Task A_WebP_image_reaches_the_server_as_PNG_with_its_pixels_and_size()
    {
        using var bitmap = new SKBitmap(20, 10);
        bitmap.Erase(SKColors.Red);
        using var webp = bitmap.Encode(SKEncodedImageFormat.Webp, 100);
        await using var server = await LoopbackServer.StartAsync(Json(Answer));
        using var client = RecordedChat.Client(server);
        var message = new ChatMessage(ChatRole.User, [new TextContent("what?"), new DataContent(webp.ToArray(), "image/webp")]);

        await client.GetResponseAsync([message]);

        var part = JsonNode.Parse(server.Requests.Single().Text)!["messages"]![0]!["content"]![1]!["image_url"]!["url"]!.GetValue<string>();
        part.ShouldStartWith("data:image/png;base64,");
        using var sent = SKBitmap.Decode(Convert.FromBase64String(part[(part.IndexOf(',') + 1)..]));
        (sent.Width, sent.Height).ShouldBe((20, 10));
        sent.GetPixel(3, 3).Red.ShouldBeGreaterThan((byte)240);
        ((DataContent)message.Contents[1]).MediaType.ShouldBe("image/webp", "the caller's own message must stay as it was");
    }

    [Fact]
    public async Task A_broken_image_is_refused_here_and_named()
    {
        await using var server = await LoopbackServer.StartAsync(Json(Answer));
        using var client = RecordedChat.Client(server);
        ChatMessage[] messages = [new(ChatRole.System, "s"), new(ChatRole.User, [new DataContent(new byte[] { 1, 2, 3 }, "image/png")])];

        var exception = await Should.ThrowAsync<InvalidDataException>(() => client.GetResponseAsync(messages));

        exception.Message.ShouldContain("The image in message 2 (user)");
        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("text/event-stream", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"He\"}}]}\n\n", "no finish reason")]
    [InlineData(
        "text/event-stream",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"He\"}}]}\n\ndata: {\"error\":{\"message\":\"out of memory\",\"code\":500}}\n\n",
        "out of memory")]
    [InlineData("text/event-stream", "data: {\"choices\":[{\"index\":0,\"del\n\n", "cannot be understood")]
    public async Task A_stream_that_does_not_end_as_it_should_is_never_taken_for_a_whole_answer(string type, string body, string reason)
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.ContentType = type;
            return context.Response.WriteAsync(body);
        });
        using var client = RecordedChat.Client(server);

        var exception = await Should.ThrowAsync<BackendException>(() => client.GetStreamingResponseAsync("hi").ToChatResponseAsync());

        exception.Message.ShouldContain(reason);
        exception.Message.ShouldContain(server.At("/v1").ToString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"choices\":[]}")]
    [InlineData("[]")]
    [InlineData("{\"choices\":[{\"finish_reason\":")]
    [InlineData("hello")]
    [InlineData("")]
    public async Task An_answer_of_the_wrong_shape_is_told_as_such(string body)
    {
        await using var server = await LoopbackServer.StartAsync(Json(body));
        using var client = RecordedChat.Client(server);

        var exception = await Should.ThrowAsync<BackendAnswerException>(() => client.GetResponseAsync("hi"));

        exception.Message.ShouldContain("OpenAI's protocol");
    }

    [Fact]
    public async Task Servers_get_max_tokens_and_top_k_and_a_callers_own_raw_options_stay()
    {
        await using var server = await LoopbackServer.StartAsync(Json(Answer));
        using var client = RecordedChat.Client(server);
        var options = new ChatOptions
        {
            MaxOutputTokens = 5,
            TopK = 20,
            RawRepresentationFactory = _ => new ChatCompletionOptions { EndUserId = "u" },
        };

        await client.GetResponseAsync("hi", options);

        var sent = JsonNode.Parse(server.Requests.Single().Text)!.AsObject();
        sent["max_tokens"]!.GetValue<int>().ShouldBe(5);
        sent["top_k"]!.GetValue<int>().ShouldBe(20);
        sent["user"]!.GetValue<string>().ShouldBe("u");
        sent.ContainsKey("max_completion_tokens").ShouldBeFalse();
        options.MaxOutputTokens.ShouldBe(5);
    }

    [Fact]
    public async Task A_cut_call_in_the_conversation_so_far_is_sent_as_one_without_arguments()
    {
        await using var server = await LoopbackServer.StartAsync(Json(Answer));
        using var client = RecordedChat.Client(server);
        var cut = new FunctionCallContent("c1", "generate_image", arguments: null) { Exception = new FormatException("cut") };
        ChatMessage[] messages =
        [
            new(ChatRole.User, "draw"),
            new(ChatRole.Assistant, [cut]),
            new(ChatRole.Tool, [new FunctionResultContent("c1", "no arguments")])
        ];

        await client.GetResponseAsync(messages);

        var turns = JsonNode.Parse(server.Requests.Single().Text)!["messages"]!.AsArray();
        turns[1]!["tool_calls"]![0]!["function"]!["arguments"]!.GetValue<string>().ShouldBe("{}");
        turns[2]!["tool_call_id"]!.GetValue<string>().ShouldBe("c1");
    }

    [Fact]
    public async Task A_hundred_thousand_characters_with_control_characters_arrive_whole()
    {
        await using var server = await LoopbackServer.StartAsync(Json(Answer));
        using var client = RecordedChat.Client(server);
        var prompt = string.Concat(Enumerable.Repeat("a \"fox\"\u0000\u001b[31m\r\n\u2028\ud83e\udd8a", 6000));

        await client.GetResponseAsync(prompt);

        JsonNode.Parse(server.Requests.Single().Text)!["messages"]![0]!["content"]!.GetValue<string>().ShouldBe(prompt);
    }

    [Fact]
    public void The_models_name_and_address_are_known_to_telemetry_and_the_key_is_not_shown()
    {
        var options = new OpenAIServerOptions("qwen") { Endpoint = new("http://host:8000/v1"), ApiKey = "sk-secret" };
        using var client = OpenAIServer.CreateChatClient(options);

        var metadata = client.GetService<ChatClientMetadata>().ShouldNotBeNull();

        metadata.DefaultModelId.ShouldBe("qwen");
        metadata.ProviderUri.ShouldBe(options.Endpoint);
        options.ToString().ShouldBe("qwen at http://host:8000/v1");
    }

    [Fact]
    public void OpenAI_itself_without_a_key_is_told_at_once() =>
        Should.Throw<BackendAuthenticationException>(() => OpenAIServer.CreateChatClient(new OpenAIServerOptions("gpt-5")))
            .Message.ShouldContain("OPENAI_API_KEY");

    private static IEnumerable<Exchange> OfficialChat() =>
        Recording.Named("openai_client_requests.jsonl", "openai")
            .Where(exchange => exchange.Path == RecordedChat.ChatPath && RecordedChat.Read(exchange.RequestJson()) is not null);

    private static Func<HttpContext, Task> Json(string body) => context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    };
}

using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Models.Chat;

/// <summary>Calls of chat servers in other shapes than OpenAI's, and answers that a proxy compressed.</summary>
public sealed class OtherCallTests
{
    private const string Whole = "{\\\"prompt\\\":\\\"a cat\\\"}";

    [Theory]
    [InlineData("""{"index":0,"function":{"name":"paint","arguments":"{}"}}""", """{"index":0,"function":{"arguments":"{\"prompt\":"}}""",
        """{"index":0,"function":{"arguments":"\"a cat\"}"}}""")]
    [InlineData("""{"index":0,"id":"a","function":{"name":"pa","arguments":""}}""", """{"index":0,"function":{"name":"int","arguments":""}}""",
        $$$"""{"index":0,"function":{"arguments":"{{{Whole}}}"}}""")]
    [InlineData("""{"index":0,"id":"a","function":{"name":"paint","arguments":"{\"prompt\":"}}""",
        """{"index":0,"id":"a","function":{"name":"paint","arguments":"\"a cat\"}"}}""")]
    [InlineData("""{"index":"0","id":"a","function":{"name":"paint","arguments":"{\"prompt\":"}}""",
        """{"index":"0","function":{"arguments":"\"a cat\"}"}}""")]
    [InlineData($$$"""{"index":0,"id":"a","function":{"name":"paint","arguments":"```json\n{{{Whole}}}\n```"}}""")]
    [InlineData($$$"""{"index":0,"id":"a","function":{"name":"paint","arguments":"{{{Whole}}}<|im_end|>"}}""")]
    [InlineData($$$"""{"index":0,"id":"a","function":{"name":"paint","arguments":"{{{Whole}}}"}}""",
        $$$"""{"index":0,"id":"a","function":{"arguments":"{{{Whole}}}"}}""")]
    [InlineData("""{"index":0,"id":"a","function":{"name":"paint","arguments":"{\"prompt\":"}}""", """{"index":0,"id":"b","function":{"arguments":"\"a cat\"}"}}""")]
    [InlineData("""{"id":"a","function":{"name":"paint","arguments":"{\"prompt\":"}}""", """{"id":"b","function":{"arguments":"\"a cat\"}"}}""")]
    [InlineData("""{"index":0,"id":"a","function":{"name":"paint","arguments":"{\"prompt\":\"a dog\",\"prompt\":\"a cat\"}"}}""")]
    [InlineData($$$"""{"index":0,"id":"a","function":{"name":"paint","arguments":"{{{Whole}}}"}}""",
        """{"index":0,"id":"a","function":{"name":"paint","arguments":"\"{\\\"prompt\\\":\\\"a cat\\\"}\""}}""")]
    [InlineData($$$"""{"index":0,"id":"a","type":"custom","custom":{"name":"paint","input":"{{{Whole}}}"}}""")]
    [InlineData("""{"index":0,"id":"a","function":{"name":"paint","parameters":{"prompt":"a cat"}}}""")]
    [InlineData("""{"index":0,"id":"a","name":"paint","input":{"prompt":"a cat"}}""")]
    [InlineData("""{"index":0,"id":"a","function":{"name":"paint","arguments":[{"prompt":"a cat"}]}}""")]
    public async Task A_call_is_read_with_its_arguments(params string[] pieces)
    {
        var call = (await CallsAsync(pieces)).ShouldHaveSingleItem();

        call.Exception.ShouldBeNull();
        (call.Name, JsonSerializer.Serialize(call.Arguments)).ShouldBe(("paint", """{"prompt":"a cat"}"""));
    }

    [Fact]
    public async Task Two_calls_of_a_server_that_numbers_both_0_and_names_no_id_stay_two()
    {
        var calls = await CallsAsync(
            $$$"""{"index":0,"function":{"name":"paint","arguments":"{{{Whole}}}"}}""", """{"index":0,"function":{"name":"paint","arguments":"{\"prompt\":\"a dog\"}"}}""");

        calls.Select(call => call.Arguments!["prompt"]!.ToString()).ShouldBe(["a cat", "a dog"]);
    }

    [Theory]
    [InlineData("\"function_call\":CALL,\"tool_calls\":[CALL]")]
    [InlineData("\"tool_calls\":\"[{\\\"name\\\":\\\"paint\\\",\\\"arguments\\\":{\\\"prompt\\\":\\\"a cat\\\"}}]\"")]
    public async Task A_call_that_comes_in_two_forms_or_as_text_is_one_call(string said)
    {
        var delta = said.Replace("CALL", """{"name":"paint","arguments":{"prompt":"a cat"}}""", StringComparison.Ordinal);
        await using var server = new RawServer((_, _) => RawServer.Answer("data: {\"choices\":[{\"delta\":{" + delta + "}}]}\n\ndata: [DONE]\n\n"));
        using var client = OpenAIServer.CreateChatClient(new OpenAIServerOptions("m") { Endpoint = server.At("/v1") });

        (await client.GetStreamingResponseAsync("hi").ToChatResponseAsync()).Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()
            .ShouldHaveSingleItem().Arguments!["prompt"]!.ToString().ShouldBe("a cat");
    }

    [Fact]
    public async Task Half_of_a_character_in_arguments_is_replaced_and_a_whole_one_kept()
    {
        const string Arguments = """{"\ud83d":"\\ud83d \ud83d \ud83d\ude00 \ude00"}""";
        var call = new JsonObject { ["index"] = 0, ["function"] = new JsonObject { ["name"] = "paint", ["arguments"] = Arguments } };

        var (name, value) = (await CallsAsync(call.ToJsonString())).ShouldHaveSingleItem().Arguments!.ShouldHaveSingleItem();

        (name, value!.ToString()).ShouldBe(("\ufffd", "\\ud83d \ufffd \ud83d\ude00 \ufffd"));
    }

    [Fact]
    public async Task An_empty_list_of_arguments_is_none() =>
        (await CallsAsync("""{"index":0,"function":{"name":"paint","arguments":"[]"}}""")).ShouldHaveSingleItem().Arguments.ShouldBeEmpty();

    [Theory]
    [InlineData("{\"a\":1}{\"b\":2}")]
    [InlineData("{\"a\":")]
    [InlineData("[{\"a\":1},{\"b\":2}]")]
    public async Task Arguments_that_say_two_things_or_are_cut_off_are_a_broken_call(string arguments) =>
        (await CallsAsync("{\"index\":0,\"function\":{\"name\":\"paint\",\"arguments\":" + JsonSerializer.Serialize(arguments) + "}}"))
            .ShouldHaveSingleItem().Exception.ShouldNotBeNull();

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("bare deflate")]
    [InlineData("gzip, said of plain text")]
    [InlineData("unsaid gzip")]
    public async Task An_answer_that_a_proxy_compressed_is_read_streamed_and_whole(string encoding)
    {
        foreach (var (type, body) in new[]
        {
            ("text/event-stream", "data: {\"choices\":[{\"delta\":{\"content\":\"a red cat\"},\"finish_reason\":\"stop\"}]}\n\n"),
            ("application/json", "{\"choices\":[{\"message\":{\"content\":\"a red cat\"}}]}"),
        })
        {
            await using var server = new RawServer((_, _) => Compressed(encoding, type, Encoding.UTF8.GetBytes(body)));
            using var client = Client(server);

            (await client.GetStreamingResponseAsync("hi").ToChatResponseAsync()).Text.ShouldBe("a red cat");
        }
    }

    [Fact]
    public async Task A_small_compressed_answer_that_unpacks_to_a_huge_one_is_not_read_to_its_end()
    {
        await using var server = new RawServer((_, _) => Compressed("gzip", "application/json", new byte[80 << 20]));
        using var client = OpenAIServer.CreateChatClient(
            new OpenAIServerOptions("m") { Endpoint = server.At("/v1"), Http = new BackendHttpOptions { MaxRetries = 0, MaxResponseBytes = 1 << 20 } });

        (await Should.ThrowAsync<BackendAnswerException>(() => client.GetResponseAsync("hi"))).Message.ShouldContain("MaxResponseBytes");
    }

    [Fact]
    public async Task A_compressed_answer_that_is_damaged_is_a_broken_connection()
    {
        await using var server = new RawServer((_, _) => Compressed("gzip", "application/json", new byte[100], damage: true));
        using var client = Client(server);

        await Should.ThrowAsync<BackendUnavailableException>(() => client.GetResponseAsync("hi"));
    }

    private static byte[] Compressed(string encoding, string type, byte[] body, bool damage = false)
    {
        using var packed = new MemoryStream();
        if (encoding is "gzip, said of plain text") return RawServer.Answer(body, $"{type}\r\nContent-Encoding: gzip");
        using (Stream packing = encoding switch
        {
            "bare deflate" => new DeflateStream(packed, CompressionLevel.Fastest),
            "gzip" or "unsaid gzip" => new GZipStream(packed, CompressionLevel.Fastest),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest),
            _ => new ZLibStream(packed, CompressionLevel.Fastest),
        })
        {
            packing.Write(body);
        }

        var bytes = packed.ToArray();
        if (damage) bytes.AsSpan(10).Fill(0xFF);
        return RawServer.Answer(bytes, encoding is "unsaid gzip" ? type : $"{type}\r\nContent-Encoding: {encoding.Split(' ')[^1]}");
    }

    private static async Task<List<FunctionCallContent>> CallsAsync(params string[] pieces)
    {
        var chunks = pieces.Select(piece => $"data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{piece}]}}}}]}}\n\n");
        await using var server = new RawServer((_, _) => RawServer.Answer(string.Concat(chunks) + "data: [DONE]\n\n", "text/event-stream"));
        using var client = Client(server);
        var response = await client.GetStreamingResponseAsync("hi").ToChatResponseAsync();
        JsonNode.Parse(server.Bodies.Single()).ShouldNotBeNull();
        return [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];
    }

    private static IChatClient Client(RawServer server) =>
        OpenAIServer.CreateChatClient(new OpenAIServerOptions("m") { Endpoint = server.At("/v1"), Http = new BackendHttpOptions { MaxRetries = 0 } });
}

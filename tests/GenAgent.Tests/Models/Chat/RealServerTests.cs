using GenAgent.Dialects;
using System.Text.Json.Nodes;
using GenAgent.Agents;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Protocol;
using GenAgent.Tests.Agents;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Models.Chat;

/// <summary>What real chat servers answer, sent from a socket as it was reported, through the whole loop.</summary>
public sealed class RealServerTests
{
    private static readonly string[] Pieces = ["a red", " cat"];

    private const string LastTurn = """{"choices":[{"message":{"role":"assistant","content":"<judge>A red cat.\nverdict: pass</judge><answer>image 1</answer>"},"finish_reason":"stop"}]}""";

    [Theory]
    [InlineData("call-arguments-object", CallStyle.Native)]
    [InlineData("call-id-missing", CallStyle.Native)]
    [InlineData("created-milliseconds", CallStyle.Tags)]
    [InlineData("finish-reason-missing", CallStyle.Native)]
    [InlineData("finish-reason-unknown", CallStyle.Tags)]
    [InlineData("ollama-reasoning-dropped", CallStyle.Tags)]
    [InlineData("stream-answered-by-json", CallStyle.Tags)]
    [InlineData("tags-prose-after-call", CallStyle.Tags)]
    [InlineData("thinking-without-open-tag", CallStyle.Tags)]
    [InlineData("thinking-without-open-tag", CallStyle.Native)]
    [InlineData("thought-signature-lost", CallStyle.Native)]
    public async Task An_answer_of_a_real_server_is_a_turn(string name, CallStyle style)
    {
        foreach (var watched in new[] { true, false })
        {
            await using var server = new RawServer((number, _) => number == 0 ? RawServer.Case(name) : RawServer.Answer(LastTurn));

            var result = await RunAsync(server, style, watched);

            result.Trajectory.Faults.ShouldBeEmpty();
            result.StopReason.ShouldBe(StopReason.Answered);
            result.Trajectory.Rounds[0].Generation!.Prompt.ShouldStartWith("a red cat");
            if (name is "ollama-reasoning-dropped") result.Trajectory.Rounds[0].Thought.ShouldBe("I plan the picture in my head");
            if (name is "thinking-without-open-tag") result.Trajectory.Rounds[0].Thought.ShouldBe("native thinking");
        }
    }

    // Gemini says so of a call that it could not write, and nothing else.
    [Fact]
    public async Task A_finish_reason_of_the_servers_own_is_told_where_the_turn_cannot_be_used()
    {
        const string Malformed = """{"choices":[{"message":{"role":"assistant","content":""},"finish_reason":"MALFORMED_FUNCTION_CALL"}]}""";
        foreach (var watched in new[] { true, false })
        {
            await using var server = new RawServer((number, _) => number switch
            {
                0 => RawServer.Answer(Malformed),
                1 => RawServer.Case("finish-reason-unknown"),
                _ => RawServer.Answer(LastTurn),
            });

            var result = await RunAsync(server, CallStyle.Tags, watched);

            result.Trajectory.Faults.ShouldHaveSingleItem().Message.ShouldStartWith("The server ended the turn with \"MALFORMED_FUNCTION_CALL\".");
            result.StopReason.ShouldBe(StopReason.Answered);
        }
    }

    [Theory]
    [InlineData("error-chunk-openrouter", "Provider disconnected")]
    [InlineData("error-in-200-stream", "Provider returned error")]
    [InlineData("late-refusal-hidden", "image input is not supported")]
    public async Task What_a_server_says_of_its_failure_is_told(string name, string reason)
    {
        foreach (var watched in new[] { true, false })
        {
            await using var server = new RawServer((_, _) => RawServer.Case(name));

            var failure = await Should.ThrowAsync<NoImageException>(() => RunAsync(server, CallStyle.Native, watched));

            failure.StopReason.ShouldBe(StopReason.ModelFailed);
            failure.Message.ShouldContain(reason);
            failure.InnerException.ShouldBeAssignableTo<BackendException>();
        }
    }

    public static TheoryData<string, string> OtherErrors() => new()
    {
        { "data: {\"error\":\"out of memory\"}\n\n", "out of memory" },
        { "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\nevent: error\ndata: upstream timed out\n\n", "upstream timed out" },
        { "event: error\ndata: {\"message\":\"no GPU left\"}\n\n", "no GPU left" },
        { "data: {\"choices\":[{\"index\":0,\"error\":{\"code\":502,\"message\":\"gone away\"},\"finish_reason\":\"error\"}]}\n\n", "gone away" },
        { "data: {\"object\":\"error\",\"message\":\"too many images\",\"code\":400}\n\n", "too many images" },
        { "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", "Overloaded" },
        { "[{\"error\":{\"code\":429,\"message\":\"quota is used up\",\"status\":\"RESOURCE_EXHAUSTED\"}}]", "quota is used up" },
        { "{\"error\":{\"message\":\"Provider returned error\",\"code\":400,\"metadata\":{\"raw\":\"the real reason\"}}}", "the real reason" },
        { "{\"detail\":\"Model is loading\"}", "Model is loading" },
        { "{\"error\":{\"message\":null,\"type\":\"weird\"}}", "weird" },
    };

    [Theory]
    [MemberData(nameof(OtherErrors))]
    public async Task An_error_is_told_in_the_servers_words_wherever_it_stands(string body, string reason)
    {
        foreach (var type in new[] { "text/event-stream", "application/json", "text/plain" })
        {
            await using var server = new RawServer((_, _) => RawServer.Answer(body, type));
            using var client = Client(server);

            (await Should.ThrowAsync<BackendException>(() => client.GetStreamingResponseAsync("hi").ToChatResponseAsync())).Message.ShouldContain(reason);
            (await Should.ThrowAsync<BackendException>(() => client.GetResponseAsync("hi"))).Message.ShouldContain(reason);
        }
    }

    // One well-formed stream, of which every field but the text's own is taken away, nulled and mistyped.
    public static TheoryData<string> Fields() =>
        ["id", "object", "created", "model", "system_fingerprint", "usage", "choices.0.index", "choices.0.logprobs", "choices.0.finish_reason",
            "choices.0.delta.role", "choices.0.delta.tool_calls", "choices.0.delta.refusal", "choices.0.delta.reasoning", "choices.0.delta.function_call"];

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_that_is_missing_null_or_mistyped_is_read_past(string field)
    {
        foreach (var value in (string?[])[null, "null", "\"\"", "1.5", "-1e300", "true", "[]", "{}", "[null]", "{\"a\":[1]}"])
        {
            var lines = Pieces.Select(text => JsonNode.Parse($$"""
                {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","system_fingerprint":"f","usage":null,"choices":[{"index":0,"logprobs":null,"delta":{"role":"assistant","content":"{{text}}"},"finish_reason":null}]}
                """)!).ToList();
            foreach (var chunk in lines)
            {
                Change(chunk, field, value);
            }

            var body = string.Concat(lines.Select(chunk => $"data: {chunk.ToJsonString()}\n\n")) + "data: [DONE]\n\n";
            await using var server = new RawServer((_, _) => RawServer.Answer(body, "text/event-stream"));
            using var client = Client(server);

            var response = await client.GetStreamingResponseAsync("hi").ToChatResponseAsync();

            response.Text.ShouldBe("a red cat", $"{field} is {value ?? "missing"}");
        }
    }

    [Theory]
    [InlineData("eos", "stop")]
    [InlineData("end_turn", "stop")]
    [InlineData("abort", "stop")]
    [InlineData("error", "stop")]
    [InlineData("max_tokens", "length")]
    [InlineData("SAFETY", "content_filter")]
    [InlineData("tool_use", "tool_calls")]
    public async Task A_finish_reason_of_any_name_ends_an_answer(string reason, string means)
    {
        await using var server = new RawServer((
            _,
            _) => RawServer.Case(
                "finish-reason-unknown",
                body => body.Replace("\"finish_reason\":\"\"", $"\"finish_reason\":\"{reason}\"", StringComparison.Ordinal)
                    .Replace("data: [DONE]", string.Empty, StringComparison.Ordinal)));
        using var client = Client(server);

        (await client.GetStreamingResponseAsync("hi").ToChatResponseAsync()).FinishReason!.Value.Value.ShouldBe(means);
    }

    [Theory]
    [InlineData(
        """[{"id":"x","type":"function","function":{"name":"generate_image","arguments":"{\"prompt\":"}}]""",
        """[{"index":0,"function":{"arguments":"\"a\"}"}}]""")]
    [InlineData(
        """[{"index":0,"id":"x","type":null,"function":{"name":"generate_image","arguments":""}}]""",
        """[{"index":0,"id":"","function":{"name":"","arguments":"{\"prompt\":\"a\"}"}}]""")]
    [InlineData(
        """[{"index":0,"id":7,"function":{"name":"generate_image","arguments":null}}]""",
        """[{"index":0,"id":null,"function":{"name":null,"arguments":"{\"prompt\":\"a\"}"}}]""")]
    [InlineData("""{"name":"generate_image","arguments":{"prompt":"a"}}""", "null")]
    [InlineData("""[{"index":null,"type":"tool","function":{"name":"generate_image","arguments":"\"{\\\"prompt\\\":\\\"a\\\"}\""}}]""", "[]")]
    public async Task A_call_is_put_together_from_whatever_pieces_it_comes_in(string first, string second)
    {
        var body = string.Concat(new[] { first, second }.Select(calls => $$$"""data: {"choices":[{"delta":{"tool_calls":{{{calls}}}}}]}""" + "\n\n"))
            + "data: [DONE]\n\n";
        await using var server = new RawServer((_, _) => RawServer.Answer(body, "text/event-stream"));
        using var client = Client(server);

        var call = (await client.GetStreamingResponseAsync("hi").ToChatResponseAsync()).Messages
            .SelectMany(message => message.Contents)
            .OfType<FunctionCallContent>()
            .ShouldHaveSingleItem();

        call.Name.ShouldBe("generate_image");
        call.CallId.ShouldNotBeNullOrEmpty();
        call.Exception.ShouldBeNull();
        call.Arguments!["prompt"]!.ToString().ShouldBe("a");
    }

    [Fact]
    public async Task Two_calls_with_the_same_index_and_other_ids_are_two()
    {
        const string Body = """data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}]}}]}""" + "\n\ndata: [DONE]\n\n";
        await using var server = new RawServer((_, _) => RawServer.Answer(Body, "text/event-stream"));
        using var client = Client(server);

        var response = await client.GetStreamingResponseAsync("hi").ToChatResponseAsync();

        response.Messages.SelectMany(message => message.Contents)
            .OfType<FunctionCallContent>()
            .Select(call => (call.CallId, call.Name))
            .ShouldBe([("a", "f"), ("b", "g")]);
    }

    [Theory]
    [InlineData("Invalid JSON payload received. Unknown name \\\"seed\\\": Cannot find field.", "seed")]
    [InlineData("Unsupported parameter: 'parallel_tool_calls' is not supported with this model.", "parallel_tool_calls")]
    [InlineData("body.seed: Extra inputs are not permitted; body.stream_options: Extra inputs are not permitted", "seed")]
    [InlineData("temperature is not supported with this model", "temperature")]
    public async Task A_field_that_a_server_refuses_by_name_is_left_out_from_then_on(string refusal, string field)
    {
        await using var server = new RawServer((_, body) => JsonNode.Parse(body)!.AsObject().ContainsKey(field)
            ? RawServer.Case(
                "seed-refused",
                json => json.Replace("Invalid JSON payload received. Unknown name \\\"seed\\\": Cannot find field.", refusal, StringComparison.Ordinal))
            : RawServer.Answer(LastTurn));
        using var client = Client(server);
        var options = new ChatOptions { Seed = 1, Temperature = 0.5f, AllowMultipleToolCalls = false, Tools = [Dialect.Default.Generate.Declaration] };

        (await client.GetResponseAsync("hi", options)).Text.ShouldContain("image 1");
        (await client.GetResponseAsync("hi", options)).Text.ShouldContain("image 1");

        server.Bodies.Count.ShouldBe(3, "the second call knows");
        server.Bodies.Last().ShouldContain("\"tools\"");
    }

    [Fact]
    public async Task A_refusal_that_names_no_optional_field_is_told_at_once()
    {
        await using var server = new RawServer((_, _) => RawServer.Answer("""{"error":{"message":"model \"m\" does not exist"}}""", status: "400 Bad Request"));
        using var client = Client(server);

        await Should.ThrowAsync<BackendRejectedException>(() => client.GetResponseAsync("hi", new ChatOptions { Seed = 1 }));

        server.Bodies.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_user_can_say_what_to_leave_out()
    {
        await using var server = new RawServer((_, _) => RawServer.Answer(LastTurn));
        using var client = OpenAIServer.CreateChatClient(new OpenAIServerOptions("m") { Endpoint = server.At("/v1"), Without = ["seed", "stream_options"] });

        await client.GetStreamingResponseAsync("hi", new ChatOptions { Seed = 1 }).ToChatResponseAsync();

        var sent = JsonNode.Parse(server.Bodies.Single())!.AsObject();
        sent.ContainsKey("seed").ShouldBeFalse();
        sent.ContainsKey("stream_options").ShouldBeFalse();
        sent["stream"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task What_a_server_added_to_the_models_turn_goes_back_to_it()
    {
        foreach (var watched in new[] { true, false })
        {
            await using var server = new RawServer((number, _) => number == 0
                ? RawServer.Case(
                    "thought-signature-lost",
                    body => body.Replace(
                        "\"role\":\"assistant\",",
                        "\"role\":\"assistant\",\"reasoning_content\":\"I plan.\",\"reasoning_details\":[{\"type\":\"t\"}],",
                        StringComparison.Ordinal))
                : RawServer.Answer(LastTurn));

            await RunAsync(server, CallStyle.Native, watched);

            var turn = JsonNode.Parse(server.Bodies.Last())!["messages"]!.AsArray().First(message => message!["role"]!.GetValue<string>() == "assistant")!;
            turn["tool_calls"]![0]!["extra_content"]!.ToJsonString().ShouldBe("""{"google":{"thought_signature":"c2ln"}}""");
            turn["tool_calls"]![0]!["id"]!.GetValue<string>().ShouldBe("call_2");
            turn["reasoning_content"]!.GetValue<string>().ShouldBe("I plan.");
            turn["reasoning_details"]!.ToJsonString().ShouldBe("""[{"type":"t"}]""");
        }
    }

    [Fact]
    public async Task A_server_that_wants_no_user_turn_after_a_tool_turn_gets_none()
    {
        await using var server = new RawServer((number, body) =>
        {
            var roles = JsonNode.Parse(body)!["messages"]!.AsArray().Select(message => message!["role"]!.GetValue<string>()).ToList();
            return number == 0 ? RawServer.Case("call-id-missing")
                : roles.Zip(roles.Skip(1)).Any(pair => pair == ("tool", "user"))
                    ? RawServer.Answer("""{"object":"error","message":"Unexpected role 'user' after role 'tool'","code":400}""", status: "400 Bad Request")
                : RawServer.Answer(LastTurn);
        });

        var result = await RunAsync(server, CallStyle.Native, watched: true);

        result.StopReason.ShouldBe(StopReason.Answered);
        server.Bodies.Last().ShouldContain("data:image/png;base64,");
    }

    private static async Task<AgentResult> RunAsync(RawServer server, CallStyle style, bool watched)
    {
        using var client = Client(server);
        var agent = new ImageAgent(client, new SeededGenerator(), new ImageAgentOptions { CallStyle = style });
        return watched
            ? (await agent.RunStreamingAsync(new AgentRequest("a red cat")).OfType<RunCompletedEvent>().SingleAsync()).Result
            : await agent.RunAsync(new AgentRequest("a red cat"));
    }

    private static IChatClient Client(RawServer server) =>
        OpenAIServer.CreateChatClient(new OpenAIServerOptions("m") { Endpoint = server.At("/v1"), Http = new BackendHttpOptions { MaxRetries = 0 } });

    private static void Change(JsonNode root, string path, string? value)
    {
        var parts = path.Split('.');
        var parent = root;
        foreach (var part in parts[..^1])
        {
            parent = int.TryParse(part, out var index) ? parent![index] : parent![part];
        }

        parent!.AsObject().Remove(parts[^1]);
        if (value is not null)
        {
            parent.AsObject()[parts[^1]] = JsonNode.Parse(value);
        }
    }
}

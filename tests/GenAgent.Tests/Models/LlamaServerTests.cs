using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Models;

/// <summary>llama.cpp's server as recorded: its answers are read in full, and it gets the requests that it was recorded with.</summary>
public class LlamaServerTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, Exchange>> Recorded = new(() => Recording.Exchanges("llama_server")
        .Where(exchange => exchange.Method == "POST" && exchange.Path == RecordedChat.ChatPath)
        .ToDictionary(exchange => exchange.Name, StringComparer.Ordinal));

    public static TheoryData<string> Answers()
    {
        (Recorded.Value.Count > 100 || !Recording.IsDefault).ShouldBeTrue("The repository's own recordings are missing.");
        return [.. Recorded.Value.Keys.DefaultIfEmpty(string.Empty)];
    }

    // Requests that are well formed and use nothing beyond what chat abstractions have.
    public static TheoryData<string> Sayable()
    {
        var names = Recorded.Value.Values.Where(exchange => exchange.Status == 200 && RecordedChat.Read(exchange.RequestJson()) is not null)
            .Select(exchange => exchange.Name).ToArray();
        (names.Length > 30 || !Recording.IsDefault).ShouldBeTrue("Hardly any recorded request could be said again.");
        return [.. names.DefaultIfEmpty(string.Empty)];
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Every_answer_is_read_in_full_or_told_as_the_error_that_it_is(string name)
    {
        if (!Recorded.Value.TryGetValue(name, out var exchange))
        {
            return;
        }

        await using var server = await LoopbackServer.StartAsync(exchange.AnswerAsync);
        using var client = RecordedChat.Client(server);
        var streams = exchange.BodyText.StartsWith("data:", StringComparison.Ordinal);

        if (exchange.Status != 200)
        {
            // Also where a stream was asked for, an error before the first token is a plain answer.
            CheckError(await Should.ThrowAsync<BackendException>(() => client.GetResponseAsync("hi")), exchange);
            CheckError(await Should.ThrowAsync<BackendException>(() => StreamAsync(client)), exchange);
            return;
        }

        var response = streams ? await StreamAsync(client) : await client.GetResponseAsync("hi");
        var expected = streams ? RecordedAnswer.FromStream(exchange.BodyText) : RecordedAnswer.FromBody(exchange.BodyText);

        response.Text.ShouldBe(expected.Text);
        response.FinishReason?.Value.ShouldBe(expected.FinishReason);
        if (expected.PromptTokens is not null)
        {
            response.Usage.ShouldNotBeNull().InputTokenCount.ShouldBe(expected.PromptTokens);
            response.Usage.OutputTokenCount.ShouldBe(expected.CompletionTokens);
        }

        var calls = response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().ToArray();
        calls.Select(call => (call.CallId, call.Name)).ShouldBe(expected.Calls.Select(call => (call.Id, call.Name)));
        foreach (var (call, recorded) in calls.Zip(expected.Calls))
        {
            if (recorded.ParsedArguments is { } arguments)
            {
                call.Exception.ShouldBeNull();
                call.Arguments!.Select(argument => argument.Key).ShouldBe(arguments.Select(argument => argument.Key));
                JsonNode.DeepEquals(JsonSerializer.SerializeToNode(call.Arguments), arguments).ShouldBeTrue(recorded.Arguments);
            }
            else
            {
                // Cut by the token limit: the call is there, and says that its arguments are not.
                call.Exception.ShouldNotBeNull();
                response.FinishReason.ShouldBe(ChatFinishReason.Length);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sayable))]
    public async Task What_our_client_sends_is_what_the_server_was_recorded_with(string name)
    {
        if (!Recorded.Value.TryGetValue(name, out var exchange) || RecordedChat.Read(exchange.RequestJson()) is not var (messages, options))
        {
            return;
        }

        await using var server = await LoopbackServer.StartAsync(exchange.AnswerAsync);
        using var client = RecordedChat.Client(server);
        var recorded = exchange.RequestJson()!;
        var streams = recorded["stream"]?.GetValue<bool>() == true;

        _ = streams
            ? await client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync()
            : await client.GetResponseAsync(messages, options);

        var seen = server.Requests.ShouldHaveSingleItem();
        seen.Path.ShouldBe(RecordedChat.ChatPath);
        Comparable(JsonNode.Parse(seen.Text)!.AsObject()).ToJsonString().ShouldBe(Comparable(recorded).ToJsonString());
    }

    // The same request is written in more than one way: a text alone or as the only part, fields in any order, flags that are defaults.
    private static JsonObject Comparable(JsonObject body)
    {
        var copy = new JsonObject();
        foreach (var field in body.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            switch (field.Key)
            {
                case "model" or "stream_options":
                case "stream" when field.Value!.GetValue<bool>() is false:
                    break;
                case "messages":
                    copy["messages"] = new JsonArray([.. field.Value!.AsArray().Select(Turn)]);
                    break;
                case "tools":
                    copy["tools"] = new JsonArray([.. field.Value!.AsArray().Select(tool => (JsonNode)tool!["function"]!["name"]!.GetValue<string>())]);
                    break;
                case "temperature" or "top_p":
                    copy[field.Key] = Math.Round(field.Value!.GetValue<double>(), 4);
                    break;
                default:
                    copy[field.Key] = field.Value?.DeepClone();
                    break;
            }
        }

        return copy;
    }

    private static JsonObject Turn(JsonNode? turn)
    {
        var content = turn!["content"];
        return new JsonObject
        {
            ["role"] = turn["role"]!.GetValue<string>(),
            ["content"] = content is JsonArray { Count: 1 } parts && parts[0]!["text"] is { } text ? text.GetValue<string>() : content?.DeepClone(),
        };
    }

    private static void CheckError(BackendException thrown, Exchange exchange)
    {
        var error = JsonNode.Parse(exchange.Body)!["error"]!;
        thrown.Status.ShouldBe(exchange.Status);
        thrown.Message.ShouldContain(error["message"]!.GetValue<string>());
        thrown.GetType().ShouldBe((exchange.Status, error["type"]!.GetValue<string>()) switch
        {
            (401, _) => typeof(BackendAuthenticationException),
            (_, "exceed_context_size_error") => typeof(ContextLengthException),
            (503, _) => typeof(BackendUnavailableException),

            // Its 500s are mistakes of the caller: no one is told to try again.
            _ => typeof(BackendRejectedException),
        });
    }

    private static Task<ChatResponse> StreamAsync(IChatClient client) => client.GetStreamingResponseAsync("hi").ToChatResponseAsync();
}

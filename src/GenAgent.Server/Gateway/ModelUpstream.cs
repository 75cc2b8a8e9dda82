using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Server.OpenAI;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Gateway;

/// <summary>
/// A chat client of this program, as the embedded model or a client of an engine. A conversation that the gateway has recorded goes on from the very ids of
/// its last answer. Answers have the members of vLLM's, and <see cref="AnswerAssembly.SamplingName"/>.
/// </summary>
/// <param name="uri">The URI that it was opened by.</param>
/// <param name="client">The client.</param>
/// <param name="time">The clock.</param>
internal sealed class ModelUpstream(string uri, IChatClient client, TimeProvider time) : IUpstream, IDisposable
{
    private static readonly string[] Extras = ["min_p", "repetition_penalty"];

    public string Uri => uri;

    public async IAsyncEnumerable<JsonObject> AnswerAsync(UpstreamCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (messages, options) = (await MessagesAsync(call, cancellationToken), Options(call.Request));
        var updates = new List<ChatResponseUpdate>();
        if (call.Streams)
        {
            await using var stream = client.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await CatchingAsync(() => stream.MoveNextAsync().AsTask()))
            {
                updates.Add(stream.Current);
                if (stream.Current.Text is { Length: > 0 } text) yield return Chunk(new() { ["content"] = text });
            }

            var whole = updates.ToChatResponse();
            var last = Chunk([]);
            Complete(last, last["choices"]![0]!.AsObject(), whole);
            yield return last;
        }
        else
        {
            var response = await CatchingAsync(() => client.GetResponseAsync(messages, options, cancellationToken));
            var choice = new JsonObject { ["index"] = 0, ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = response.Text } };
            var answer = new JsonObject { ["object"] = "chat.completion", ["choices"] = new JsonArray(choice) };
            Complete(answer, choice, response);
            yield return answer;
        }
    }

    public void Dispose() => client.Dispose();

    private static JsonObject Chunk(JsonObject delta) => new()
    {
        ["object"] = "chat.completion.chunk",
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = null }),
    };

    private void Complete(JsonObject answer, JsonObject choice, ChatResponse response)
    {
        choice["finish_reason"] = response.FinishReason?.Value ?? "stop";
        answer["id"] = $"chatcmpl-{Guid.CreateVersion7():N}";
        answer["created"] = time.GetUtcNow().ToUnixTimeSeconds();
        answer["model"] = response.ModelId ?? client.GetService<ChatClientMetadata>()?.DefaultModelId ?? uri;
        if (response.Usage is { } usage)
        {
            answer["usage"] = new JsonObject
            {
                ["prompt_tokens"] = usage.InputTokenCount,
                ["completion_tokens"] = usage.OutputTokenCount,
                ["total_tokens"] = usage.TotalTokenCount,
            };
        }

        if (response.GetTokenTrace() is not { Turns: [.., var turn] } trace) return;
        answer["prompt_token_ids"] = new JsonArray([.. trace.Ids.Take(turn.Start).Select(id => (JsonNode)id)]);
        answer["weight_version"] = turn.PolicyVersion;
        answer[AnswerAssembly.SamplingName] = JsonSerializer.SerializeToNode(turn.Sampling, RecordedMessage.Json);
        choice["token_ids"] = new JsonArray([.. trace.Ids.Skip(turn.Start).Take(turn.Count).Select(id => (JsonNode)id)]);
        choice["logprobs"] = new JsonObject
        {
            ["content"] = new JsonArray([.. trace.LogProbs.Skip(turn.Start).Take(turn.Count).Select(value => new JsonObject { ["logprob"] = (double)value })]),
        };
    }

    private static async Task<List<ChatMessage>> MessagesAsync(UpstreamCall call, CancellationToken cancellationToken)
    {
        var messages = call.Asked.Messages.Select(message => message.CallId is { } id && message.Role is "tool"
            ? new ChatMessage(ChatRole.Tool, [new FunctionResultContent(id, message.Text)])
            : new ChatMessage(new ChatRole(message.Role), [.. message.Parts.Select(Content)])).ToList();
        if (await call.BeforeAsync(cancellationToken) is ({ } before, var count)) messages[count - 1].WithTokenTrace(before);
        return messages;

        AIContent Content(RecordedPart part) =>
            part.Image is { } image ? new DataContent(call.Asked.Images[image.Id], image.MediaType) : new TextContent(part.Text);
    }

    private static ChatOptions Options(JsonObject request)
    {
        if (request["tools"] is JsonArray { Count: > 0 })
        {
            throw OpenAIException.Unsupported("tools", "This upstream knows no tools: describe them in the system message, and read calls from the text.");
        }

        return new()
        {
            Temperature = (float?)Number("temperature"),
            TopP = (float?)Number("top_p"),
            TopK = (int?)Integer("top_k", 0, int.MaxValue),
            Seed = Integer("seed", long.MinValue, long.MaxValue),
            MaxOutputTokens = (int?)(Integer("max_completion_tokens", 1, int.MaxValue) ?? Integer("max_tokens", 1, int.MaxValue)),
            StopSequences = request["stop"] switch
            {
                JsonArray stops => [.. stops.Select(AskedConversation.Text).OfType<string>()],
                { } one when AskedConversation.Text(one) is { } stop => [stop],
                _ => null,
            },
            AdditionalProperties = new(Extras.Select(name => (name, value: Number(name))).Where(pair => pair.value is not null)
                .ToDictionary(pair => pair.name, pair => (object?)pair.value, StringComparer.Ordinal)),
        };

        // Alone: a request may hold megabytes of images.
        long? Integer(string name, long least, long most) =>
            RequestFields.Of(JsonSerializer.SerializeToElement(new JsonObject { [name] = request[name]?.DeepClone() })).Integer(name, least, most);

        double? Number(string name) => request[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out double number) => number,
            _ => throw OpenAIException.WrongType(name, "a number", "another value"),
        };
    }

    private static async Task<T> CatchingAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (BackendException fault)
        {
            throw new UpstreamException(
                fault switch
                {
                    RateLimitException => 429,
                    ContextLengthException or PromptRefusedException => 400,
                    BackendRejectedException { Status: { } status and >= 400 and < 500 and not (401 or 403) } => status,
                    _ => 502,
                },
                fault.Message,
                fault is ContextLengthException ? "context_length_exceeded" : fault.Code)
            {
                RetryAfter = (fault as RateLimitException)?.RetryAfter is { } wait ? (int)Math.Ceiling(wait.TotalSeconds) : null,
            };
        }
    }
}

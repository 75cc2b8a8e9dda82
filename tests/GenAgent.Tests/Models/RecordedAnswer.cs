using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAgent.Tests.Models;

/// <summary>What a recorded chat answer holds, read straight from its JSON.</summary>
internal sealed record RecordedAnswer(string Text, string? FinishReason, long? PromptTokens, long? CompletionTokens, IReadOnlyList<RecordedCall> Calls)
{
    public static RecordedAnswer FromBody(string body)
    {
        var root = JsonNode.Parse(body)!;
        var choice = root["choices"]![0]!;
        var calls = choice["message"]!["tool_calls"]?.AsArray() ?? [];
        return new(
            choice["message"]!["content"]?.GetValue<string>() ?? string.Empty,
            choice["finish_reason"]?.GetValue<string>(),
            root["usage"]?["prompt_tokens"]?.GetValue<long>(),
            root["usage"]?["completion_tokens"]?.GetValue<long>(),
            [.. calls.Select(call => new RecordedCall(
                call!["id"]!.GetValue<string>(), call["function"]!["name"]!.GetValue<string>(), call["function"]!["arguments"]!.GetValue<string>()))]);
    }

    public static RecordedAnswer FromStream(string body)
    {
        var text = new StringBuilder();
        var calls = new SortedDictionary<int, RecordedCall>();
        string? reason = null;
        JsonNode? usage = null;
        foreach (var line in body.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            var chunk = JsonNode.Parse(line["data: ".Length..])!;
            usage = chunk["usage"] ?? usage;
            foreach (var choice in chunk["choices"]!.AsArray())
            {
                text.Append(choice!["delta"]!["content"]?.GetValue<string>());
                reason = choice["finish_reason"]?.GetValue<string>() ?? reason;
                foreach (var delta in choice["delta"]!["tool_calls"]?.AsArray() ?? [])
                {
                    var index = delta!["index"]!.GetValue<int>();
                    var known = calls.GetValueOrDefault(index)
                        ?? new(delta["id"]!.GetValue<string>(), delta["function"]!["name"]!.GetValue<string>(), string.Empty);
                    calls[index] = known with { Arguments = known.Arguments + delta["function"]?["arguments"]?.GetValue<string>() };
                }
            }
        }

        return new(text.ToString(), reason, usage?["prompt_tokens"]?.GetValue<long>(), usage?["completion_tokens"]?.GetValue<long>(), [.. calls.Values]);
    }
}

internal sealed record RecordedCall(string Id, string Name, string Arguments)
{
    public JsonObject? ParsedArguments
    {
        get
        {
            try
            {
                return JsonNode.Parse(Arguments) as JsonObject;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>Puts an answer of chat completions together, be it one object or chunks. For one answer and one task.</summary>
internal sealed class AnswerAssembly
{
    /// <summary>The member with the settings that a model of this program sampled with.</summary>
    public const string SamplingName = "genagent_sampling";

    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private readonly SortedDictionary<int, (string? Id, StringBuilder Name, StringBuilder Arguments)> _calls = [];
    private readonly List<int> _ids = [];
    private readonly List<float> _logProbs = [];
    private JsonArray? _prompt;
    private JsonNode? _sampling;
    private JsonObject? _usage;
    private bool _hasIds;
    private bool _hasLogProbs;
    private bool _hasChoice;
    private string? _finish;
    private string? _model;
    private string? _version;
    private string? _fault;

    /// <summary>Whether the model has ended its answer.</summary>
    public bool IsFinished => _finish is not null;

    /// <summary>Takes the whole answer, or the next chunk.</summary>
    /// <exception cref="UpstreamException">The piece is an error, or no part of an answer.</exception>
    public void Take(JsonObject piece)
    {
        if (piece["error"] is { } error)
        {
            var reason = AskedConversation.Text(error is JsonObject told ? told["message"] : error) ?? "it gives no reason.";
            throw new UpstreamException(502, $"The upstream failed: {reason}", "upstream_failed");
        }

        _model = AskedConversation.Text(piece["model"]) ?? _model;
        _version = VersionOf(piece) ?? _version;
        _usage = piece["usage"] as JsonObject ?? _usage;
        _prompt ??= piece["prompt_token_ids"] as JsonArray;
        _sampling ??= piece[SamplingName];
        if (piece["choices"] is not JsonArray choices) throw UpstreamException.Malformed("it has no choices.");
        if (choices.Count > 1) throw UpstreamException.Malformed("it has several choices, and one was asked for.");
        if (choices is not [JsonObject choice]) return;
        _hasChoice = true;
        _prompt ??= choice["prompt_token_ids"] as JsonArray;
        TakeTokens(choice);
        if ((choice["delta"] ?? choice["message"]) is JsonObject said) TakeMessage(said);
        _finish = AskedConversation.Text(choice["finish_reason"]) ?? _finish;
    }

    /// <summary>The answer.</summary>
    /// <param name="request">The request, for the settings that the upstream sampled with.</param>
    /// <exception cref="UpstreamException">It is not whole.</exception>
    public AssembledAnswer Complete(JsonObject request)
    {
        if (!_hasChoice) throw UpstreamException.Malformed("it has no choice.");
        if (_finish is null) throw new UpstreamException(502, "The upstream closed its answer before the end: no finish reason came.", "upstream_disconnected");
        var prompt = _prompt is null ? null : Ids(_prompt, "prompt_token_ids");
        if (_hasIds && prompt is { Length: > 0 } && !_hasLogProbs) _fault ??= $"the upstream gave {_ids.Count} token ids, but no log-probabilities";
        if (_hasIds && _hasLogProbs && _ids.Count != _logProbs.Count)
        {
            _fault ??= string.Create(CultureInfo.InvariantCulture, $"the upstream gave {_ids.Count} token ids, but {_logProbs.Count} log-probabilities");
        }

        var hasTrace = _hasIds && prompt is { Length: > 0 };
        return new(
            new("assistant", _text.Length > 0 ? [new(_text.ToString())] : [])
            {
                Calls = _calls.Count > 0 ? [.. _calls.Values.Select(call => new RecordedToolCall(call.Id, $"{call.Name}", $"{call.Arguments}"))] : null,
            },
            hasTrace ? prompt : null,
            hasTrace ? [.. _ids] : null,
            hasTrace && _hasLogProbs ? [.. _logProbs] : null,
            new()
            {
                Model = _model ?? "unknown",
                Version = _version,
                Sampling = SamplingOf(request),
                Finish = _finish,
                Reasoning = _reasoning.Length > 0 ? _reasoning.ToString() : null,
                Tokens = new(Count("prompt_tokens") ?? prompt?.Length ?? 0, Count("completion_tokens") ?? _ids.Count),
                Fault = _fault,
                IsUnusable = _fault is not null,
            });
    }

    /// <summary>The piece as the caller gets it: without what only recording needs.</summary>
    /// <param name="piece">The piece, which is changed.</param>
    /// <param name="request">The caller's request.</param>
    public static JsonObject ForCaller(JsonObject piece, JsonObject request)
    {
        piece.Remove(SamplingName);
        var (wantsIds, wantsLogProbs) = (IsTrue(request["return_token_ids"]), IsTrue(request["logprobs"]));
        if (!wantsIds) piece.Remove("prompt_token_ids");
        foreach (var choice in (piece["choices"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (!wantsIds) choice.Remove("prompt_token_ids");
            if (!wantsIds) choice.Remove("token_ids");
            if (!wantsLogProbs && choice.ContainsKey("logprobs")) choice["logprobs"] = null;
        }

        return piece;
    }

    /// <summary>Whether a member is <c>true</c>.</summary>
    public static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool truth) && truth;

    // vLLM's chat API names no version; SGLang's has it in "metadata", and so do others in "weight_version".
    private static string? VersionOf(JsonObject piece) => new[] { piece["weight_version"], piece["metadata"]?["weight_version"] }
        .Select(node => node is JsonValue value ? value.ToString() : null).FirstOrDefault(text => text is { Length: > 0 });

    private void TakeMessage(JsonObject said)
    {
        _text.Append(AskedConversation.Text(said["content"]) ?? AskedConversation.Text(said["refusal"]));
        _reasoning.Append(AskedConversation.Text(said["reasoning_content"]) ?? AskedConversation.Text(said["reasoning"]));
        foreach (var (place, call) in (said["tool_calls"] as JsonArray ?? []).OfType<JsonObject>().Index())
        {
            var index = call["index"] is JsonValue value && value.TryGetValue(out int number) ? number : place;
            if (!_calls.TryGetValue(index, out var known)) known = (null, new(), new());
            known.Name.Append(AskedConversation.Text(call["function"]?["name"]));
            known.Arguments.Append(AskedConversation.Text(call["function"]?["arguments"]));
            _calls[index] = known with { Id = known.Id ?? AskedConversation.Text(call["id"]) };
        }
    }

    private void TakeTokens(JsonObject choice)
    {
        if (choice["token_ids"] is JsonArray ids)
        {
            _hasIds = true;
            _ids.AddRange(Ids(ids, "token_ids"));
        }

        if (choice["logprobs"]?["content"] is not JsonArray tokens) return;
        _hasLogProbs = true;
        foreach (var token in tokens)
        {
            if (token?["logprob"] is JsonValue value && value.TryGetValue(out double logProb) && logProb <= 1e-3) _logProbs.Add((float)Math.Min(logProb, 0));
            else _fault ??= $"a log-probability of the upstream is {token?["logprob"]?.ToJsonString() ?? "missing"}";
        }
    }

    private static int[] Ids(JsonArray ids, string name)
    {
        var read = new int[ids.Count];
        for (var i = 0; i < read.Length; i++)
        {
            if (ids[i] is not JsonValue value || !value.TryGetValue(out read[i]) || read[i] < 0)
            {
                throw UpstreamException.Malformed($"\"{name}\" holds {ids[i]?.ToJsonString() ?? "null"}, which is no token id.");
            }
        }

        return read;
    }

    private long? Count(string name) => _usage?[name] is JsonValue value && value.TryGetValue(out long count) ? count : null;

    private TraceSampling SamplingOf(JsonObject request)
    {
        if (_sampling is not null) return _sampling.Deserialize<TraceSampling>(RecordedMessage.Json) ?? new();
        return new()
        {
            Temperature = Number("temperature"),
            TopP = Number("top_p"),
            TopK = (int?)Number("top_k"),
            MinP = Number("min_p"),
            RepetitionPenalty = Number("repetition_penalty"),
            Seed = request["seed"] is JsonValue value && value.TryGetValue(out long seed) ? seed : null,
        };

        double? Number(string name) => request[name] is JsonValue number && number.TryGetValue(out double read) ? read : null;
    }
}

/// <summary>An answer that was put together. Immutable.</summary>
/// <param name="Message">What the model said.</param>
/// <param name="Prompt">The ids of the whole request; null if the upstream gave none.</param>
/// <param name="Sampled">The ids of the answer; null if the upstream gave none.</param>
/// <param name="LogProbs">The log-probability of each id of the answer; null if the upstream gave none.</param>
/// <param name="Details">Everything else.</param>
internal sealed record AssembledAnswer(
    RecordedMessage Message, IReadOnlyList<int>? Prompt, IReadOnlyList<int>? Sampled, IReadOnlyList<float>? LogProbs, CallDetails Details);

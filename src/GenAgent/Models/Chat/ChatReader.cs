using System.Globalization;
using System.Text;
using System.Text.Json;
using GenAgent.Models.Http;
using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Models.Chat;

/// <summary>
/// Reads an answer piece by piece, leniently: fields that are missing, null, unknown or of another type are ignored, an error anywhere is reported in the
/// server's words, and an answer is complete when the server says so (a finish reason, <c>[DONE]</c>, or one JSON document).
/// </summary>
internal sealed class ChatReader(string backend, HttpResponseMessage answer, TimeProvider time)
{
    private const int LongestReason = 60;

    private static readonly string[] Refusals = ["detail", "message", "msg", "errors", "error_msg", "error_message"];

    private readonly List<CallPieces> _calls = [];
    private readonly Dictionary<string, JsonElement> _extras = new(StringComparer.Ordinal);
    private ChatFinishReason? _finish;
    private string? _ownReason;
    private char? _half;
    private char? _halfThought;
    private UsageDetails? _usage;
    private JsonElement? _firstToken;
    private string? _model;
    private string? _id;
    private bool _anyText;
    private bool _whole;
    private bool _failed;
    private int? _index;

    /// <summary>Whether the server has ended the answer.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the model has ended its turn: what may still come is the usage.</summary>
    public bool HasReason => _finish is not null;

    /// <summary>Reads a piece; returns its visible content, or null.</summary>
    /// <exception cref="BackendException">The piece is an error.</exception>
    /// <exception cref="JsonException">The piece is not part of an answer.</exception>
    public ChatResponseUpdate? Take(AnswerPiece piece)
    {
        if (piece.IsDone)
        {
            (IsOver, _whole) = (true, true);
            return null;
        }

        if (piece.KeepsAlive) return null;

        JsonDocument document;
        try
        {
            document = LooseJson.Parse(piece.Text);
        }
        catch (JsonException) when (piece.Event is "error")
        {
            throw Error(piece.Text);
        }

        using (document)
        {
            var root = document.RootElement;
            if (piece.Event is "error" || IsError(root))
            {
                throw Error(piece.Text);
            }

            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new JsonException($"an object was expected, not {root.ValueKind.ToString().ToLowerInvariant()}");
            }

            if (piece.IsWhole && JsonText.Member(root, "choices").ValueKind is not (JsonValueKind.Array or JsonValueKind.Object))
            {
                throw new JsonException("there are no choices");
            }

            var choice = Choice(root);
            _whole |= JsonText.Member(choice, "delta").ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
                && (piece.IsWhole || JsonText.Member(choice, "message").ValueKind == JsonValueKind.Object);
            return Read(root);
        }
    }

    /// <summary>The calls, the finish reason and the usage, which are known at the end. Null for an empty answer.</summary>
    /// <exception cref="BackendUnavailableException">The answer is incomplete.</exception>
    public ChatResponseUpdate? End()
    {
        if (_finish is null && !_whole)
        {
            throw new BackendUnavailableException($"{backend} closed its answer before the end: no finish reason came.");
        }

        if (!_anyText && _calls.Count == 0 && _failed)
        {
            throw new BackendUnavailableException($"{backend} gave up in the middle of its answer: it says \"error\" and no reason.");
        }

        if (!_anyText && _calls.Count == 0 && _finish is null)
        {
            return null;
        }

        var update = Update([.. _calls.Where(call => call.IsNamed).Select(call => call.ToContent())]);
        update.FinishReason = _finish ?? (_calls.Count > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop);
        if (_extras.Count > 0) Note(ChatRequest.ExtrasKey, new Dictionary<string, JsonElement>(_extras, StringComparer.Ordinal));
        if (_ownReason is not null) Note(ChatRequest.ReasonKey, _ownReason);
        if (_firstToken is { } token) Note(ChatRequest.FirstTokenKey, token);
        if (_usage is not null)
        {
            update.Contents.Add(new UsageContent(_usage));
        }

        return update;

        // On a content, because combining updates drops the properties of messages.
        void Note(string key, object value) => update.Contents.Insert(0, new AIContent { AdditionalProperties = new() { [key] = value } });
    }

    private ChatResponseUpdate? Read(JsonElement root)
    {
        _model = Text(JsonText.Member(root, "model")) ?? _model;
        _id = Text(JsonText.Member(root, "id")) ?? _id;
        _usage = Usage(JsonText.Member(root, "usage")) ?? _usage;
        var choice = Choice(root);
        if (choice.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (IsSaid(JsonText.Member(choice, "error")))
        {
            throw Error(choice.GetRawText());
        }

        // The same reason stands at the end of whole answers too: it is a failure where nothing else came.
        _failed |= Text(JsonText.Member(choice, "finish_reason")) is "error" or "network_error";
        if (_failed && !_anyText && Refusals.Any(name => IsWords(JsonText.Member(root, name)))) throw Error(root.GetRawText());

        if (_firstToken is null && JsonText.Member(JsonText.Member(choice, "logprobs"), "content") is { ValueKind: JsonValueKind.Array } tokens
            && tokens.GetArrayLength() > 0)
        {
            _firstToken = tokens[0].Clone();
        }

        var delta = JsonText.Member(choice, "delta") is var piece && (piece.ValueKind == JsonValueKind.String || HasMembers(piece))
            ? piece : JsonText.Member(choice, "message");
        var contents = new List<AIContent>();
        foreach (var name in (string[])["reasoning_content", "reasoning", "thinking", "reasoning_text"])
        {
            if (JsonText.Joined(Said(JsonText.Member(delta, name)), ref _halfThought) is { Length: > 0 } thought)
            {
                contents.Add(new TextReasoningContent(thought) { AdditionalProperties = new() { [ChatRequest.ReasoningKey] = name } });
                break;
            }
        }

        AddContent(contents, ContentOf(choice, delta));
        AddRefusal(contents, delta);
        TakeCalls(delta);
        foreach (var name in ChatRequest.Extras)
        {
            if (JsonText.Member(delta, name) is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } extra)
            {
                _extras[name] = Joined(_extras.GetValueOrDefault(name), extra);
            }
        }

        var reason = JsonText.Member(choice, "finish_reason");
        TakeReason(IsSaid(reason) ? Text(reason) ?? "stop" : string.Empty);
        _anyText |= contents.Count > 0;
        return contents.Count > 0 ? Update(contents) : null;
    }

    private static JsonElement ContentOf(JsonElement choice, JsonElement delta) => delta.ValueKind == JsonValueKind.String ? delta
        : JsonText.Member(delta, "content").ValueKind is JsonValueKind.Undefined ? JsonText.Member(choice, "text")
        : JsonText.Member(delta, "content");

    private void AddContent(List<AIContent> contents, JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Array)
        {
            if (JsonText.Joined(Said(content), ref _half) is { Length: > 0 } text) contents.Add(new TextContent(text));
            return;
        }

        foreach (var part in content.EnumerateArray())
        {
            if (JsonText.Joined(Said(JsonText.Member(part, "thinking")), ref _halfThought) is { Length: > 0 } thought)
                contents.Add(new TextReasoningContent(thought));
            else if (JsonText.Joined(Said(part), ref _half) is { Length: > 0 } text) contents.Add(new TextContent(text));
            else AddRefusal(contents, part);
        }
    }

    private void AddRefusal(List<AIContent> contents, JsonElement part)
    {
        if (Text(JsonText.Member(part, "refusal")) is { Length: > 0 } refusal)
        {
            contents.Add(new TextContent(refusal));
            _finish = ChatFinishReason.ContentFilter;
        }
    }

    private static bool HasMembers(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any(member => member.Value.ValueKind != JsonValueKind.Null);

    private void TakeCalls(JsonElement delta)
    {
        var calls = Written(JsonText.Member(delta, "tool_calls"));
        if (calls.ValueKind == JsonValueKind.Object)
        {
            CallPieces.Take(_calls, calls);
        }
        else if (calls.ValueKind == JsonValueKind.Array)
        {
            foreach (var call in calls.EnumerateArray().Where(call => call.ValueKind == JsonValueKind.Object))
            {
                CallPieces.Take(_calls, call);
            }
        }

        // The older format with a single call per turn; some servers send the same call in both.
        if (!IsSaid(calls) && JsonText.Member(delta, "function_call") is { ValueKind: JsonValueKind.Object } single)
        {
            CallPieces.Take(_calls, single);
        }
    }

    // Some servers send the list as JSON in a string.
    private static JsonElement Written(JsonElement calls)
    {
        if (calls.ValueKind != JsonValueKind.String || Text(calls) is not { Length: > 0 } text) return calls;
        using var document = LooseJson.Parse(text);
        return document.RootElement.Clone();
    }

    private ChatResponseUpdate Update(IList<AIContent> contents) => new(ChatRole.Assistant, contents) { ModelId = _model, ResponseId = _id, MessageId = _id };

    private BackendException Error(string json)
    {
        var fault = BackendFault.Read(Encoding.UTF8.GetBytes(json));
        return fault.ToException(
            $"{backend} gave up in the middle of its answer",
            fault.Number is >= 400 and < 600 ? fault.Number.Value : 0,
            answer.RequestMessage?.RequestUri?.Host,
            answer,
            time);
    }

    // Successful answers may also have "error": null. What is no answer, but has a message, is a refusal.
    private static bool IsError(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.GetArrayLength() > 0 && IsError(element[0])
        : IsSaid(JsonText.Member(element, "error")) || Text(JsonText.Member(element, "object")) is "error" || Text(JsonText.Member(element, "type")) is "error"
            || (!IsSaid(JsonText.Member(element, "choices"))
                && (Refusals.Any(name => IsWords(JsonText.Member(element, name))) || BackendFault.Nested(element) is not null))
            || BackendFault.Status(element) is not null;

    private static bool IsSaid(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => JsonText.WithHalves(value).Length > 0,
        JsonValueKind.Number => !(value.TryGetDouble(out var number) && number == 0),
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        var kind => kind == JsonValueKind.True,
    };

    private static bool IsWords(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Array && IsSaid(value);

    // Of several choices the one that came first; servers number it 0, 1 or not at all.
    private JsonElement Choice(JsonElement root)
    {
        var choices = JsonText.Member(root, "choices");
        if (choices.ValueKind != JsonValueKind.Array) return choices;
        var all = choices.EnumerateArray().Select(choice => (Choice: choice, Index: IndexOf(choice))).ToList();
        if (all.Count == 0) return default;
        _index ??= all.Exists(one => one.Index == 0) ? 0 : all[0].Index;
        return all.Find(one => one.Index is null || _index is null || one.Index == _index).Choice;
    }

    private static int? IndexOf(JsonElement choice) =>
        JsonText.Member(choice, "index") is { ValueKind: JsonValueKind.Number } index && index.TryGetInt32(out var at) ? at : null;

    private static JsonElement Joined(JsonElement before, JsonElement next)
    {
        if (before.ValueKind != JsonValueKind.Array || next.ValueKind != JsonValueKind.Array)
        {
            return next.Clone();
        }

        return JsonSerializer.SerializeToElement(before.EnumerateArray().Concat(next.EnumerateArray()).ToArray());
    }

    private static UsageDetails? Usage(JsonElement usage)
    {
        var (input, output) = (Count(usage, "prompt_tokens", "input_tokens"), Count(usage, "completion_tokens", "output_tokens"));
        return input is null && output is null
            ? null
            : new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = Count(usage, "total_tokens", "total_tokens") };
    }

    private static long? Count(JsonElement usage, string name, string other)
    {
        var value = JsonText.Member(usage, name) is { ValueKind: JsonValueKind.Number or JsonValueKind.String } found ? found : JsonText.Member(usage, other);
        return value.ValueKind is JsonValueKind.Number or JsonValueKind.String
            && double.TryParse(value.ToString(), CultureInfo.InvariantCulture, out var number) && number is >= 0 and < 1e15
            ? (long)number
            : null;
    }

    // An unknown reason still means that the answer is complete.
    private void TakeReason(string reason)
    {
        // Gemini adds a filter's own reason: "content_filter: RECITATION".
        var name = reason.Split(':')[0].Trim().ToLowerInvariant();
        if (name is "" or "null") return;
        var known = Known(name);
        _finish = known ?? ChatFinishReason.Stop;
        if (known is null && reason.Length <= LongestReason) _ownReason = reason;
    }

    private static ChatFinishReason? Known(string name) => name switch
    {
        "stop" or "end_turn" or "eos" or "eos_token" or "stop_sequence" => ChatFinishReason.Stop,
        "length" or "max_tokens" or "max_output_tokens" or "max_length" or "model_length" => ChatFinishReason.Length,
        "content_filter" or "contentfilter" or "content-filter" or "content_filtered" or "safety" or "refusal" or "prohibited_content" or "recitation"
            or "blocklist" or "spii" or "image_safety" or "image_prohibited_content" or "image_recitation" or "sensitive" or "guardrail_intervened"
            => ChatFinishReason.ContentFilter,
        "tool_calls" or "tool_call" or "tool_use" or "function_call" => ChatFinishReason.ToolCalls,
        _ => null,
    };

    private static string? Said(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => JsonText.WithHalves(value),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        JsonValueKind.Object => Text(JsonText.Member(value, "text")) ?? Text(JsonText.Member(value, "content")),
        JsonValueKind.Array => string.Concat(value.EnumerateArray().Select(Said)),
        _ => null,
    };

    internal static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? JsonText.StringOf(value) : null;
}

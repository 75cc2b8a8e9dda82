using System.Text.Json;
using GenAgent.Dialects;
using GenAgent.Models;
using GenAgent.Models.Chat;
using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>Asks the model for its next turn, and reads it: as a whole, or piece by piece if there is a reader.</summary>
internal sealed class TurnReader(IChatClient chatClient, ImageAgentOptions options, AgentSpeech speech)
{
    private readonly Dialect _dialect = speech.Dialect;
    private readonly List<AITool>? _tools = speech.Dialect.CallStyle == CallStyle.Native ? [.. speech.Tools.Declarations] : null;
    private readonly List<string>? _stops = speech.Dialect.StopsAtCallEnd ? [ProtocolTag.Close(TurnSection.Call)] : null;

    public async Task<ModelTurn> ReadAsync(
        Conversation conversation, bool afterImage, long seed, long? tokensLeft, Action<TurnDelta>? watch, CancellationToken cancellationToken)
    {
        var parser = new TurnParser(_dialect, afterImage);
        var messages = conversation.Snapshot();
        var asked = OptionsFor(seed, tokensLeft);
        ChatResponse response;
        if (watch is null)
        {
            response = await chatClient.GetResponseAsync(messages, asked, cancellationToken);
            foreach (var content in response.Messages.SelectMany(message => message.Contents))
            {
                Take(parser, content, null);
            }
        }
        else
        {
            response = await StreamAsync(parser, messages, asked, watch, cancellationToken);
        }

        return Complete(parser, response, conversation.Characters, watch);
    }

    private static void Tell(Action<TurnDelta>? watch, List<TurnDelta> deltas)
    {
        foreach (var delta in deltas)
        {
            watch?.Invoke(delta);
        }

        deltas.Clear();
    }

    private static ToolCall? ReadCall(FunctionCallContent call, out string reason)
    {
        reason = string.Empty;
        if (call.Exception is { } broken)
        {
            reason = $"The tool call's arguments are no valid JSON: {broken.Message}";
            return null;
        }

        var arguments = call.Arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal);
        var json = JsonSerializer.SerializeToElement(arguments, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)));
        return new ToolCall(call.Name, PythonJson.Write(json), call.CallId);
    }

    private static ChatResponse KeepTrace(ChatResponse response)
    {
        if (response.GetTokenTrace() is { } trace && response.Messages is [.., var last] && last.GetTokenTrace() is null)
        {
            last.WithTokenTrace(trace);
        }

        return response;
    }

    private async Task<ChatResponse> StreamAsync(
        TurnParser parser, ChatMessage[] messages, ChatOptions asked, Action<TurnDelta> watch, CancellationToken cancellationToken)
    {
        var updates = new List<ChatResponseUpdate>();
        var deltas = new List<TurnDelta>();
        var pieces = 0;
        await foreach (var update in chatClient.GetStreamingResponseAsync(messages, asked, cancellationToken))
        {
            if (update.Contents.Count > 0 || update.FinishReason is not null || update.AdditionalProperties is not null)
            {
                updates.Add(update);
            }

            foreach (var content in update.Contents)
            {
                Take(parser, content, deltas);
            }

            Tell(watch, deltas);
            if (++pieces > options.MaxTurnCharacters)
            {
                parser.Fail($"The turn came in more than {options.MaxTurnCharacters} pieces (Agent:MaxTurnCharacters).");
            }

            if (pieces > options.MaxTurnCharacters || parser.Taken >= options.MaxTurnCharacters)
            {
                break;
            }
        }

        return updates.ToChatResponse();
    }

    private ModelTurn Complete(TurnParser parser, ChatResponse response, long charactersBefore, Action<TurnDelta>? watch)
    {
        // A turn beyond the limit is not kept in the history and sent again for the rest of the run. With streaming it is abandoned before its end, so for
        // consistency tokens, trace and finish reason are always ignored.
        if (parser.Taken >= options.MaxTurnCharacters)
        {
            parser.Fail($"The turn is longer than {options.MaxTurnCharacters} characters (Agent:MaxTurnCharacters).");
            response = new ChatResponse(new ChatMessage(ChatRole.Assistant, parser.Text));
        }

        if (response.FinishReason == ChatFinishReason.ContentFilter)
        {
            parser.Fail("The turn was ended by a content filter.");
        }

        var deltas = new List<TurnDelta>();
        var written = CloseCall(parser, response, deltas);
        var parsed = parser.Complete(deltas);
        Tell(watch, deltas);
        if (parsed.Fault is { } fault && EndOf(response) is { } end)
        {
            parsed = new ParsedTurn(null, fault with { Reason = $"{end} {fault.Reason}" });
        }

        return new ModelTurn(parsed, written, response.Messages, Usage(response, charactersBefore, parser.Length))
        {
            Trace = KeepTrace(response).GetTokenTrace(),
            ModelVersion = response.ModelId,
            Refused = response.FinishReason == ChatFinishReason.ContentFilter,
        };
    }

    // What the server says of a turn's end, where that may be why the turn cannot be used.
    private static string? EndOf(ChatResponse response)
    {
        if (response.FinishReason == ChatFinishReason.Length) return "The turn was cut off at the token limit.";
        return ChatRequest.Notes(response, ChatRequest.ReasonKey).FirstOrDefault() is { } own ? $"The server ended the turn with \"{own}\"." : null;
    }

    /// <summary>
    /// Restores the closing tag of a call at which the backend stopped, and returns the turn's text. The history gets the tag only if the dialect keeps it.
    /// </summary>
    private string CloseCall(TurnParser parser, ChatResponse response, List<TurnDelta> deltas)
    {
        if (_stops is not [var tag] || !parser.IsCallOpen || response.FinishReason == ChatFinishReason.Length)
        {
            return parser.Text;
        }

        var stopped = parser.Text;
        parser.Append(tag, deltas);
        if (!_dialect.ClosesHistory)
        {
            return parser.Text;
        }

        var closed = stopped.Trim() + tag;
        var last = response.Messages[^1].Clone();
        last.Contents = [new TextContent(closed), .. last.Contents.Where(content => content is not (TextContent or TextReasoningContent))];
        response.Messages = [.. response.Messages.SkipLast(1), last];
        return closed;
    }

    private void Take(TurnParser parser, AIContent content, List<TurnDelta>? deltas)
    {
        switch (content)
        {
            case TextReasoningContent reasoning:
                parser.AppendReasoning(Within(parser, reasoning.Text), deltas);
                break;
            case TextContent text:
                parser.Append(Within(parser, text.Text), deltas);
                break;
            case FunctionCallContent call when ReadCall(call, out var reason) is var read:
                if (read is null)
                {
                    parser.Fail(reason);
                }
                else
                {
                    parser.AddCall(read);
                }

                break;
        }
    }

    // Returns the part that fits into the turn; a turn at the limit is invalid when completed.
    private ReadOnlySpan<char> Within(TurnParser parser, string text) =>
        text.AsSpan(0, Math.Min(text.Length, Math.Max(0, options.MaxTurnCharacters - parser.Taken)));

    private ChatOptions OptionsFor(long seed, long? tokensLeft) => new()
    {
        Temperature = options.Temperature,
        TopP = options.TopP,
        Seed = seed,
        MaxOutputTokens = tokensLeft < (options.MaxTurnTokens ?? int.MaxValue) ? (int)Math.Max(1, tokensLeft.Value) : options.MaxTurnTokens,
        StopSequences = _stops,
        Tools = _tools,
        AllowMultipleToolCalls = _tools is null ? null : false,
        AdditionalProperties = options.EnableThinking is { } thinking ? new() { [RequestFields.EnableThinking] = thinking } : null,
    };

    private static TokenUsage Usage(ChatResponse response, long charactersBefore, int characters)
    {
        const int CharactersPerToken = 4;
        return response.Usage is { } counted && (counted.InputTokenCount ?? counted.OutputTokenCount) is not null
            ? new TokenUsage(counted.InputTokenCount ?? 0, counted.OutputTokenCount ?? 0)
            : new TokenUsage(charactersBefore / CharactersPerToken, (characters + CharactersPerToken - 1) / CharactersPerToken, Estimated: true);
    }
}

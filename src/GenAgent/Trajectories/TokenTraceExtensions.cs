using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories;

/// <summary>
/// How a token trace travels. A chat client that knows its tokens puts the trace of the whole conversation so far, this answer included,
/// into the response's additional properties. The agent keeps it in the trajectory, and hands it back: in the next request it stands
/// in the additional properties of the assistant message that ends with its last token, so that the client can feed exactly these
/// ids again, and new text behind them.
/// </summary>
public static class TokenTraceExtensions
{
    /// <summary>The key in the additional properties of a response, of a streamed update, and of an assistant message.</summary>
    public const string TraceKey = "genagent.token_trace";

    /// <summary>The trace of the conversation up to the end of this response, or null.</summary>
    public static TokenTrace? GetTokenTrace(this ChatResponse response) => Read(response.AdditionalProperties);

    /// <summary>The trace of the conversation up to the end of this message, or null.</summary>
    public static TokenTrace? GetTokenTrace(this ChatMessage message) => Read(message.AdditionalProperties);

    /// <summary>Attaches the trace of the conversation up to the end of this response, and returns the same response.</summary>
    public static ChatResponse WithTokenTrace(this ChatResponse response, TokenTrace trace)
    {
        (response.AdditionalProperties ??= [])[TraceKey] = trace;
        return response;
    }

    /// <summary>Attaches the trace of the conversation up to the end of this update, which must be a response's last, and returns the same update.</summary>
    public static ChatResponseUpdate WithTokenTrace(this ChatResponseUpdate update, TokenTrace trace)
    {
        (update.AdditionalProperties ??= [])[TraceKey] = trace;
        return update;
    }

    /// <summary>Attaches the trace of the conversation up to the end of this message, and returns the same message.</summary>
    public static ChatMessage WithTokenTrace(this ChatMessage message, TokenTrace trace)
    {
        (message.AdditionalProperties ??= [])[TraceKey] = trace;
        return message;
    }

    private static TokenTrace? Read(AdditionalPropertiesDictionary? properties) =>
        properties?.TryGetValue(TraceKey, out var value) == true ? value as TokenTrace : null;
}

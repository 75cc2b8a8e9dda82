using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories;

/// <summary>
/// Passes token traces between chat client and agent. A chat client that tracks tokens adds the trace of the whole conversation, including its answer, to
/// the response's additional properties. The agent records it in the trajectory and returns it in the additional properties of the assistant message in the
/// next request, so that the client can feed exactly these ids again, followed by the new text.
/// </summary>
public static class TokenTraceExtensions
{
    /// <summary>The key in the additional properties of a response, of a streamed update, and of an assistant message.</summary>
    public const string TraceKey = "genagent.token_trace";

    /// <summary>The trace of the conversation up to the end of this response, or null.</summary>
    /// <param name="response">The response.</param>
    /// <returns>The trace, or null.</returns>
    public static TokenTrace? GetTokenTrace(this ChatResponse response) => Read(response.AdditionalProperties);

    /// <summary>The trace of the conversation up to the end of this message, or null.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <returns>The trace, or null.</returns>
    public static TokenTrace? GetTokenTrace(this ChatMessage message) => Read(message.AdditionalProperties);

    /// <summary>Attaches the trace of the conversation up to the end of this response, and returns the same response.</summary>
    /// <param name="response">The response.</param>
    /// <param name="trace">The trace.</param>
    /// <returns>What was given.</returns>
    public static ChatResponse WithTokenTrace(this ChatResponse response, TokenTrace trace)
    {
        (response.AdditionalProperties ??= [])[TraceKey] = trace;
        return response;
    }

    /// <summary>Attaches the trace of the conversation up to the end of this update, which must be a response's last, and returns the same update.</summary>
    /// <param name="update">The update.</param>
    /// <param name="trace">The trace.</param>
    /// <returns>What was given.</returns>
    public static ChatResponseUpdate WithTokenTrace(this ChatResponseUpdate update, TokenTrace trace)
    {
        (update.AdditionalProperties ??= [])[TraceKey] = trace;
        return update;
    }

    /// <summary>Attaches the trace of the conversation up to the end of this message, and returns the same message.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="trace">The trace.</param>
    /// <returns>The message that was given.</returns>
    public static ChatMessage WithTokenTrace(this ChatMessage message, TokenTrace trace)
    {
        (message.AdditionalProperties ??= [])[TraceKey] = trace;
        return message;
    }

    private static TokenTrace? Read(AdditionalPropertiesDictionary? properties) =>
        properties?.TryGetValue(TraceKey, out var value) == true ? value as TokenTrace : null;
}

using System.Text.Json.Nodes;
using GenAgent.Server.OpenAI;
using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>A chat model behind the gateway. Safe to use from many tasks at once.</summary>
internal interface IUpstream
{
    /// <summary>The URI that it was opened by; holds no secret.</summary>
    string Uri { get; }

    /// <summary>Answers in OpenAI's shape, with vLLM's members for ids (<c>prompt_token_ids</c>, <c>token_ids</c>): one whole answer, or chunks.</summary>
    /// <param name="call">The request.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The pieces; none after an answer's end.</returns>
    /// <exception cref="UpstreamException">The upstream refused or failed; thrown before the first piece, or in mid-answer.</exception>
    /// <exception cref="OpenAIException">The request asks for what this upstream cannot do.</exception>
    IAsyncEnumerable<JsonObject> AnswerAsync(UpstreamCall call, CancellationToken cancellationToken);
}

/// <summary>A request for the upstream. Immutable.</summary>
/// <param name="Request">The body, as the caller sent it.</param>
/// <param name="Asked">Its conversation.</param>
/// <param name="Streams">Whether the answer comes in chunks.</param>
internal sealed record UpstreamCall(JsonObject Request, AskedConversation Asked, bool Streams)
{
    /// <summary>
    /// Reads the recorded conversation that the request goes on from: its tokens, null for none, and how many messages it has. For upstreams that need it.
    /// </summary>
    public required Func<CancellationToken, Task<(TokenTrace? Tokens, int Messages)>> BeforeAsync { get; init; }
}

/// <summary>The upstream refused or failed. What it says goes to the caller, without secrets.</summary>
/// <param name="status">The HTTP status for the caller.</param>
/// <param name="message">What happened.</param>
/// <param name="code">The upstream's code of the error; null for none.</param>
internal sealed class UpstreamException(int status, string message, string? code = null)
    : OpenAIException(status, status >= 500 ? "server_error" : "invalid_request_error", code, null, message)
{
    public static UpstreamException Malformed(string what) => new(502, $"The upstream's answer cannot be recorded: {what}", "malformed_answer");
}

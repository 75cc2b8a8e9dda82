using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace GenAgent.Models.Chat;

/// <summary>
/// The request fields and message orders that a server does not accept, learned from its refusals or set by the user. Safe to use from many tasks at once.
/// </summary>
internal sealed class ChatHabits(IEnumerable<string> without, ILogger logger)
{
    private const string Streaming = "stream";

    /// <summary>The optional fields of a request.</summary>
    public static readonly IReadOnlyList<string> Optional =
    [
        "seed", "parallel_tool_calls", "stream_options", "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "stop",
        "frequency_penalty", "presence_penalty", "user", "reasoning_content", "reasoning", "thinking", "reasoning_text", "reasoning_details", "extra_content",
        "enable_thinking", "response_format", "tool_choice", "logprobs", "top_logprobs", "logit_bias", "reasoning_effort", "service_tier", "metadata", "store",
        Streaming,
    ];

    // Not by its name alone, which stands in the refusals of other fields.
    private static readonly Regex NoStream = new(
        @"\bstream(ing|ed)?\b.{0,40}(not|n't) (be )?(support|available|allow|enabled|permit)|(not|n't) support.{0,40}\bstream(ing)?\b"
            + @"|unsupported.{0,40}\bstream(ing)?\b|verified to stream|\bstream\b.{0,20}(must|should) be (false|disabled)",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline);

    private static readonly Regex Roles = new(
        "role.{0,200}(tool|alternat)|tool.{0,100}role|(after|follow).{0,40}tool|alternat.{0,60}role",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline);

    private readonly RefusedFields _fields = new([.. Optional.Where(field => field is not Streaming)], without, logger);
    private volatile bool _noUserAfterTool;
    private volatile bool _noStream;

    /// <summary>Whether to merge a tool turn with the user turn after it.</summary>
    public bool NoUserAfterTool => _noUserAfterTool;

    /// <summary>Whether to omit the field.</summary>
    public bool LeavesOut(string field) => _fields.LeavesOut(field) || (_noStream && field is (Streaming or "stream_options"));

    /// <summary>Learns from a refusal; false if it does not help to change the request.</summary>
    public bool Learn(BackendException refusal, JsonObject body, string backend)
    {
        if (refusal is BackendRejectedException or BackendUnavailableException { Status: not null }
            && !_noUserAfterTool && Roles.IsMatch(refusal.Message) && HasUserAfterTool(body))
        {
            _noUserAfterTool = true;
            ServerLog.TurnsJoined(logger, backend, refusal.Message);
            return true;
        }

        if (_fields.Learn(refusal, body, backend)) return true;
        if (refusal is not (BackendRejectedException or BackendUnavailableException { Status: not null }) || _noStream || !body.ContainsKey(Streaming)
            || !NoStream.IsMatch(refusal.Message))
        {
            return false;
        }

        _noStream = true;
        ServerLog.FieldLeftOut(logger, backend, Streaming);
        return true;
    }

    private static bool HasUserAfterTool(JsonObject body)
    {
        var roles = body["messages"]!.AsArray().Select(message => message!["role"]!.GetValue<string>()).ToList();
        return roles.Zip(roles.Skip(1)).Any(pair => pair is ("tool", "user"));
    }
}

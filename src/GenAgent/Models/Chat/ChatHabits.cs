using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace GenAgent.Models.Chat;

/// <summary>
/// The request fields and message orders that a server does not accept, learned from its refusals or set by the user. Safe to use from many tasks at once.
/// </summary>
internal sealed class ChatHabits(IEnumerable<string> without, ILogger logger)
{
    /// <summary>The optional fields of a request.</summary>
    public static readonly IReadOnlyList<string> Optional =
    [
        "seed", "parallel_tool_calls", "stream_options", "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "stop",
        "frequency_penalty", "presence_penalty", "user", "reasoning_content", "reasoning", "thinking", "reasoning_details", "extra_content",
    ];

    private const string MaxTokens = "max_tokens";
    private const string MaxCompletionTokens = "max_completion_tokens";

    // Phrases of a refusal of a field, in contrast to a refusal of its value.
    private static readonly Regex Refuses = new(
        "unknown|unrecogni[sz]ed|unsupported|not support|no support|not permitted|not allowed|not accepted|unexpected|cannot find field|no such|extra "
            + "(input|field)|additional propert|invalid (parameter|argument|field|name)|does not exist|not available|forbidden",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    private static readonly Regex Roles = new(
        "role.{0,200}(tool|alternat)|tool.{0,100}role|(after|follow).{0,40}tool|alternat.{0,60}role",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline);

    private readonly ConcurrentDictionary<string, bool> _without = new(without.Select(name => KeyValuePair.Create(name, true)), StringComparer.Ordinal);
    private volatile bool _noUserAfterTool;

    /// <summary>Whether to merge a tool turn with the user turn after it.</summary>
    public bool NoUserAfterTool => _noUserAfterTool;

    /// <summary>Whether to omit the field.</summary>
    public bool LeavesOut(string field) => _without.ContainsKey(field);

    /// <summary>Learns from a refusal; false if it does not help to change the request.</summary>
    public bool Learn(BackendException refusal, JsonObject body, string backend)
    {
        if (refusal is not (BackendRejectedException or BackendUnavailableException { Status: not null }))
        {
            return false;
        }

        if (!_noUserAfterTool && Roles.IsMatch(refusal.Message) && HasUserAfterTool(body))
        {
            _noUserAfterTool = true;
            ServerLog.TurnsJoined(logger, backend, refusal.Message);
            return true;
        }

        if (!Refuses.IsMatch(refusal.Message))
        {
            return false;
        }

        var text = body.ToJsonString();
        var named = Optional.Where(field => !LeavesOut(field) && Names(refusal.Message, field) && text.Contains($"\"{field}\":", StringComparison.Ordinal))
            .ToList();

        // A message may name a replacement: "use max_completion_tokens instead" rejects max_tokens.
        if (named.Contains(MaxTokens, StringComparer.Ordinal)) named.Remove(MaxCompletionTokens);
        foreach (var field in named)
        {
            _without[field] = true;
            ServerLog.FieldLeftOut(logger, backend, field);
        }

        return named.Count > 0;
    }

    private static bool Names(string message, string field)
    {
        for (var at = message.IndexOf(field, StringComparison.Ordinal); at >= 0; at = message.IndexOf(field, at + 1, StringComparison.Ordinal))
        {
            var (before, after) = (at == 0 ? ' ' : message[at - 1], at + field.Length == message.Length ? ' ' : message[at + field.Length]);
            if (!IsWord(before) && !IsWord(after))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';

    private static bool HasUserAfterTool(JsonObject body)
    {
        var roles = body["messages"]!.AsArray().Select(message => message!["role"]!.GetValue<string>()).ToList();
        return roles.Zip(roles.Skip(1)).Any(pair => pair is ("tool", "user"));
    }
}

/// <summary>Notices about a server for the user.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(
        1, LogLevel.Warning, "{Backend} refuses \"{Field}\": it is omitted from now on. Name the backend with \"?without={Field}\" to omit it from the start.")]
    public static partial void FieldLeftOut(ILogger logger, string backend, string field);

    [LoggerMessage(2, LogLevel.Warning, "{Backend} takes no user turn after a tool turn ({Reason}): the two are sent as one from now on.")]
    public static partial void TurnsJoined(ILogger logger, string backend, string reason);

    [LoggerMessage(3, LogLevel.Warning, "{Notice}")]
    public static partial void Notice(ILogger logger, string notice);
}

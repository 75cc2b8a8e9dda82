using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace GenAgent.Models;

/// <summary>
/// The optional request fields that a server does not accept, learned from its refusals or set by the user. Safe to use from many tasks at once.
/// </summary>
/// <param name="optional">Fields that a request can do without, by their wire names.</param>
/// <param name="without">Those that are omitted from the start.</param>
/// <param name="logger">Told of each field that is omitted from then on.</param>
public sealed class RefusedFields(IReadOnlyList<string> optional, IEnumerable<string> without, ILogger logger)
{
    private const string MaxTokens = "max_tokens";
    private const string MaxCompletionTokens = "max_completion_tokens";

    // Phrases of a refusal of a field, in contrast to a refusal of its value.
    private static readonly Regex Refuses = new(
        "unknown|unrecogni[sz]ed|unsupported|(not|n't) (support|permit|allow|accept|recogni|available|know|enabled)|no support|unexpected|cannot find "
            + "field|no such"
            + "|extra (input|field)|additional propert|invalid (parameter|argument|field|name|temperature|top_p)|(is|are) unavailable|cannot both be"
            + "|(does not|doesn't) "
                + "(exist|accept|allow|know)|forbidden|disallowed"
            + "|(must|should|can) ?not be (set|used|given|specified|present|provided)|no longer|deprecated|(must|should) be (omitted|removed|unset)",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    private readonly ConcurrentDictionary<string, bool> _without = new(without.Select(name => KeyValuePair.Create(name, true)), StringComparer.Ordinal);

    /// <summary>Whether to omit the field.</summary>
    /// <param name="field">Its wire name.</param>
    /// <returns>True to omit it.</returns>
    public bool LeavesOut(string field) => _without.ContainsKey(field);

    /// <summary>Learns from a refusal; false if it names no optional field of the request.</summary>
    /// <param name="refusal">What the server answered.</param>
    /// <param name="body">What it was sent.</param>
    /// <param name="backend">How a notice names the server.</param>
    /// <returns>True if the same request may be sent again without a field.</returns>
    public bool Learn(BackendException refusal, JsonObject body, string backend)
    {
        if (refusal is not (BackendRejectedException or BackendUnavailableException { Status: not null })
            || !(Refuses.IsMatch(refusal.Message) || Refuses.IsMatch(refusal.Code ?? string.Empty)))
        {
            return false;
        }

        var text = body.ToJsonString();
        var named = optional.Where(field => !LeavesOut(field) && Names(refusal.Message, field) && text.Contains($"\"{field}\":", StringComparison.Ordinal))
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

    // Servers also write "topK" or "top k".
    private static bool Names(string message, string field) => Has(message, field)
        || (field.Contains('_', StringComparison.Ordinal)
            && (Has(message, field.Replace("_", string.Empty, StringComparison.Ordinal)) || Has(message, field.Replace('_', ' '))));

    private static bool Has(string message, string field)
    {
        for (var at = Find(0); at >= 0; at = Find(at + 1))
        {
            var (before, after) = (at == 0 ? ' ' : message[at - 1], at + field.Length == message.Length ? ' ' : message[at + field.Length]);
            if (!IsWord(before) && !IsWord(after))
            {
                return true;
            }
        }

        return false;

        int Find(int from) => message.IndexOf(field, from, StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
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

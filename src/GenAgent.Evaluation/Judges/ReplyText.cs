using System.Text.Json;
using System.Text.RegularExpressions;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Judges;

/// <summary>Reads what formats have in common off a reply's text.</summary>
internal static partial class ReplyText
{
    /// <summary>Why no reply of a question is usable, in words.</summary>
    public static string Fault(IReadOnlyList<JudgeReply> replies) => replies.Count == 0
        ? "nobody was asked"
        : replies[^1] is { Error: { } error } ? error : $"the reply cannot be read: {Shorten(replies[^1].Text ?? string.Empty)}";

    /// <summary>The text as a JSON object, without a code fence around it; null where it is none.</summary>
    public static JsonElement? Json(string? text)
    {
        if (text is null)
            return null;
        var bare = Fence().Match(text) is { Success: true } fence ? fence.Groups["inside"].Value : text;
        try
        {
            using var document = JsonDocument.Parse(bare.Trim());
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Shorten(string text) => text.Length == 0 ? "it is empty" : text.Length <= 120 ? text : text[..120] + "...";

    [GeneratedRegex(@"^\s*```[a-zA-Z]*\s*(?<inside>.*?)\s*```\s*$", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fence();
}

using System.Text.Json;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Judges;

/// <summary>Reads what formats have in common off a reply's text.</summary>
internal static class ReplyText
{
    /// <summary>Why no reply of a question is usable, in words.</summary>
    public static string Fault(IReadOnlyList<JudgeReply> replies) => replies.Count == 0
        ? "nobody was asked"
        : replies[^1] is { Error: { } error } ? error : $"the reply cannot be read: {Shorten(replies[^1].Text ?? string.Empty)}";

    /// <summary>
    /// The JSON object in the text, from its first brace to its last, whatever stands around it; null where there is none, or where it is cut.
    /// </summary>
    public static JsonElement? Json(string? text)
    {
        var (start, end) = (text?.IndexOf('{', StringComparison.Ordinal) ?? -1, text?.LastIndexOf('}') ?? -1);
        if (start < 0 || end < start)
            return null;
        try
        {
            using var document = JsonDocument.Parse(text![start..(end + 1)]);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Shorten(string text) => text.Length == 0 ? "it is empty" : text.Length <= 120 ? text : text[..120] + "...";
}

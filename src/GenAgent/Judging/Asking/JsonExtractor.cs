using System.Text.Json;

namespace GenAgent.Judging;

/// <summary>Finds the JSON object in a model's answer, ignoring surrounding text: a code fence, thinking, a polite sentence.</summary>
internal static class JsonExtractor
{
    // A brace in prose may never close; after this many such braces the answer counts as having no object.
    private const int MaxAttempts = 32;

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>The last outermost object of the text, or null when there is none.</summary>
    public static JsonElement? LastObject(string text)
    {
        JsonElement? last = null;
        var attempts = 0;
        for (var start = text.IndexOf('{', StringComparison.Ordinal); start >= 0 && attempts < MaxAttempts;)
        {
            var end = EndOfObject(text, start);
            var found = end < 0 ? null : Parse(text.AsMemory(start, end - start));
            last = found ?? last;
            attempts += found is null ? 1 : 0;
            var next = found is null ? start + 1 : end;
            start = next < text.Length ? text.IndexOf('{', next) : -1;
        }

        return last;
    }

    private static int EndOfObject(string text, int start)
    {
        var (depth, inString) = (0, false);
        for (var i = start; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when inString:
                    i++;
                    break;
                case '"':
                    inString = !inString;
                    break;
                case '{' when !inString:
                    depth++;
                    break;
                case '}' when !inString && --depth == 0:
                    return i + 1;
            }
        }

        return -1;
    }

    private static JsonElement? Parse(ReadOnlyMemory<char> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Lenient);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

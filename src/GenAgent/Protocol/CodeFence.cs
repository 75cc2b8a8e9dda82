using System.Text.RegularExpressions;

namespace GenAgent.Protocol;

/// <summary>Code fences that models put around calls and into them: <c>```json</c> and <c>```</c>.</summary>
internal static class CodeFence
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    private static readonly Regex Opening = new(@"(^|\n)[ \t]*```[A-Za-z_]{0,16}\s*\z", Linear);

    /// <summary>Removes a fence that opens at the text's end.</summary>
    public static string WithoutOpening(string text) =>
        text.AsSpan().TrimEnd() is var trimmed && !trimmed.Contains("```", StringComparison.Ordinal) ? text : Opening.Replace(text, string.Empty);

    /// <summary>Replaces the surrounding fence by blanks, so that positions do not change.</summary>
    public static string Inside(string text)
    {
        var start = text.AsSpan().IndexOfAnyExcept(" \t\r\n");
        var end = text.AsSpan().LastIndexOfAnyExcept(" \t\r\n");
        if (start < 0 || !text.AsSpan(start).StartsWith("```") || end - start < 6 || !text.AsSpan(0, end + 1).EndsWith("```"))
        {
            return text;
        }

        var line = text.IndexOf('\n', start);
        var open = line >= 0 && text.AsSpan(start + 3, line - start - 3).Trim().IndexOfAnyExceptInRange('A', 'z') < 0 ? line : start + 3;
        return string.Concat(new string(' ', open), text.AsSpan(open, end - 2 - open), "   ", text.AsSpan(end + 1));
    }
}

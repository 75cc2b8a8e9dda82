using System.Globalization;
using System.Text.RegularExpressions;

namespace GenAgent.Evaluation.Published;

/// <summary>Reads lines such as <c>Realism: 2</c>.</summary>
internal static class NamedMarks
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>
    /// As WISE's published scripts read them: a name, with asterisks only right around it, then a colon or none, then one digit. So <c>**Realism:** 2</c>,
    /// whose colon is bold too, is not read. The last line of a name counts.
    /// </summary>
    public static double? Official(string? text, string name)
    {
        var matches = Regex.Matches(text ?? string.Empty, $@"\*{{0,2}}{Regex.Escape(name)}\*{{0,2}}\s*[::]?\s*(\d)", RegexOptions.IgnoreCase, Limit);
        return matches.Count == 0 ? null : double.Parse(matches[^1].Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>With whatever markup and punctuation stands between name and number, and only where the number is in range.</summary>
    public static double? Sound(string? text, string name, double highest)
    {
        var matches = Regex.Matches(text
            ?? string.Empty, $@"{Regex.Escape(name)}[\s*_:=\-""'`|()]*?(\d+(?:\.\d+)?)(?:\s*/\s*\d+)?", RegexOptions.IgnoreCase, Limit);
        return matches.Count > 0 && double.Parse(matches[^1].Groups[1].ValueSpan, CultureInfo.InvariantCulture) is var mark && mark <= highest ? mark : null;
    }
}

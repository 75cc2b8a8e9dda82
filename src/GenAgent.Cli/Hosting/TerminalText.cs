using System.Text;

namespace GenAgent.Cli.Hosting;

/// <summary>Text of models, servers and files on its way to a terminal: without the control characters by which it could command the terminal.</summary>
internal static class TerminalText
{
    /// <summary>The text with line ends and tabs, but no other control characters.</summary>
    public static string Clean(string text) => text.Any(IsDangerous) ? string.Concat(text.Where(c => !IsDangerous(c))) : text;

    /// <summary>The text on one line, at most <paramref name="length"/> characters long.</summary>
    public static string OneLine(string text, int length)
    {
        var line = new StringBuilder(Math.Min(text.Length, length));
        foreach (var c in text)
        {
            if (line.Length > length)
            {
                break;
            }

            if (!char.IsControl(c))
            {
                line.Append(c);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }

        return line.Length > length ? $"{line.ToString(0, Math.Max(0, length - 1))}…" : line.ToString();
    }

    // Format characters (Cf) hold the bidirectional overrides, which make text read other than it is; joiners in emoji are among them and harmless.
    private static bool IsDangerous(char c) =>
        (char.IsControl(c) && c is not ('\n' or '\t')) || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}

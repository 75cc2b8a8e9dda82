using System.Text;

namespace GenAgent.Cli.Hosting;

/// <summary>
/// Text of models, servers and files on its way to a terminal: without the characters by which it could command the terminal, or read other than it is.
/// </summary>
internal static class TerminalText
{
    /// <summary>The text with line ends and tabs, but no other control characters and no marks of writing direction.</summary>
    public static string Clean(string text) => text.Any(IsDangerous) ? string.Concat(text.Where(c => !IsDangerous(c))) : text;

    /// <summary>A line for programs to read: the same characters are written as JSON escapes them, so that an object stays what it is.</summary>
    public static string Escape(string line)
    {
        if (!line.Any(IsDangerous))
        {
            return line;
        }

        var text = new StringBuilder(line.Length + 16);
        foreach (var c in line)
        {
            _ = IsDangerous(c) ? text.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture)) : text.Append(c);
        }

        return text.ToString();
    }

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

            if (char.IsControl(c) || c is '\u2028' or '\u2029')
            {
                if (line.Length > 0 && line[^1] != ' ')
                {
                    line.Append(' ');
                }
            }
            else if (!IsDangerous(c))
            {
                line.Append(c);
            }
        }

        return line.Length > length ? $"{line.ToString(0, Math.Max(0, length - 1))}…" : line.ToString();
    }

    // Of the format characters (Cf) the marks, embeddings, overrides and isolates of writing direction; joiners in emoji are among the others, and harmless.
    private static bool IsDangerous(char c) =>
        (char.IsControl(c) && c is not ('\n' or '\t'))
        || c is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u206F');
}

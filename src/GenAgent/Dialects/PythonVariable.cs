using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GenAgent.Dialects;

/// <summary>
/// Reads the text that a Python file assigns to a variable, without running Python: a triple-quoted literal, plain or raw, with Python's escapes.
/// </summary>
internal static class PythonVariable
{
    private const int QuoteLength = 3;

    /// <summary>Returns the text; or null, with the problem.</summary>
    /// <param name="source">The Python file, with <c>\n</c> as line ends.</param>
    /// <param name="name">The variable.</param>
    /// <param name="problem">The problem as a sentence; empty if there is none.</param>
    public static string? Read(string source, string name, out string problem)
    {
        var assignment = Regex.Match(
            source,
            $"^{Regex.Escape(name)}[ \\t]*(:[ \\t]*\\w+[ \\t]*)?=[ \\t]*\\(?\\s*(?<prefix>[A-Za-z]*)(?<quote>\"\"\"|''')",
            RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
        if (!assignment.Success)
        {
            problem = $"no triple-quoted text is assigned to {name} at the start of a line.";
            return null;
        }

        var prefix = assignment.Groups["prefix"].Value;
        if (prefix.Length > 0 && !prefix.Equals("r", StringComparison.OrdinalIgnoreCase) && !prefix.Equals("u", StringComparison.OrdinalIgnoreCase))
        {
            problem = $"{name} is a literal of the form {prefix}\"\"\", whose value is known only to Python: copy the text into a text file.";
            return null;
        }

        var start = assignment.Index + assignment.Length;
        var raw = prefix.Equals("r", StringComparison.OrdinalIgnoreCase);
        return ReadLiteral(source, start, assignment.Groups["quote"].Value, raw, out problem);
    }

    private static string? ReadLiteral(string source, int start, string quote, bool raw, out string problem)
    {
        var text = new StringBuilder();
        problem = string.Empty;
        for (var at = start; at < source.Length;)
        {
            if (string.CompareOrdinal(source, at, quote, 0, QuoteLength) == 0)
            {
                return text.ToString();
            }

            if (source[at] != '\\' || at + 1 == source.Length)
            {
                text.Append(source[at++]);
            }
            else if (raw)
            {
                text.Append(source, at, 2);
                at += 2;
            }
            else
            {
                at += Unescape(source.AsSpan(at), text);
            }
        }

        problem = $"the literal that begins at character {start} has no closing {quote}.";
        return null;
    }

    // Appends the characters of an escape sequence, and returns its length. Unknown sequences are kept unchanged, as in Python.
    private static int Unescape(ReadOnlySpan<char> sequence, StringBuilder text)
    {
        const int Simple = 2;
        switch (sequence[1])
        {
            case '\n': return Simple;
            case '\\' or '\'' or '"': text.Append(sequence[1]); return Simple;
            case 'n': text.Append('\n'); return Simple;
            case 't': text.Append('\t'); return Simple;
            case 'r': text.Append('\r'); return Simple;
            case 'a': text.Append('\a'); return Simple;
            case 'b': text.Append('\b'); return Simple;
            case 'f': text.Append('\f'); return Simple;
            case 'v': text.Append('\v'); return Simple;
            case 'x' when Hex(sequence, 2) is { } value: text.Append((char)value); return Simple + 2;
            case 'u' when Hex(sequence, 4) is { } value: text.Append((char)value); return Simple + 4;
            case 'U' when Hex(sequence, 8) is { } value && Rune.IsValid(value): text.Append(new Rune(value)); return Simple + 8;
            case >= '0' and <= '7': return Octal(sequence, text);
            default: text.Append(sequence[..Simple]); return Simple;
        }
    }

    private static int? Hex(ReadOnlySpan<char> sequence, int digits) =>
        sequence.Length >= 2 + digits && int.TryParse(sequence.Slice(2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static int Octal(ReadOnlySpan<char> sequence, StringBuilder text)
    {
        var (value, length) = (0, 1);
        while (length <= 3 && length < sequence.Length && sequence[length] is >= '0' and <= '7')
        {
            value = (value * 8) + (sequence[length++] - '0');
        }

        text.Append((char)value);
        return length;
    }
}

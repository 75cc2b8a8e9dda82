using System.Globalization;
using System.Text;

namespace GenAgent.Protocol;

/// <summary>
/// A Python dictionary as JSON: <c>{'name': 'x', 'seen': True}</c>. Models trained on much Python write calls like this. Only the syntax is converted; the
/// JSON reader checks the result.
/// </summary>
internal static class PythonLiteral
{
    /// <summary>The text with Python's quotes, constants and trailing commas written as JSON's; null if it is not such a literal.</summary>
    public static string? ToJson(string text)
    {
        var json = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (c is '\'' or '"')
            {
                if (!TryString(text, ref i, json))
                {
                    return null;
                }
            }
            else if (char.IsAsciiLetter(c))
            {
                var end = i;
                while (end < text.Length && char.IsAsciiLetterOrDigit(text[end])) end++;
                var word = text[i..end] switch { "True" or "true" => "true", "False" or "false" => "false", "None" or "null" => "null", _ => null };
                if (word is null)
                {
                    return null;
                }

                json.Append(word);
                i = end;
            }
            else
            {
                // Python allows a trailing comma.
                var next = text.AsSpan(i + 1).TrimStart();
                if (c != ',' || next is not ['}' or ']', ..])
                {
                    json.Append(c);
                }

                i++;
            }
        }

        return json.ToString();
    }

    private static bool TryString(string text, ref int i, StringBuilder json)
    {
        var quote = text[i++];
        var value = new StringBuilder();
        for (; i < text.Length; i++)
        {
            var c = text[i];
            if (c == quote)
            {
                i++;
                PythonJson.WriteString(json, value.ToString());
                return true;
            }

            if (c != '\\')
            {
                value.Append(c);
            }
            else if (++i >= text.Length || !TryEscape(text, ref i, value))
            {
                return false;
            }
        }

        return false;
    }

    private static bool TryEscape(string text, ref int i, StringBuilder value)
    {
        switch (text[i])
        {
            case 'n':
                value.Append('\n');
                return true;
            case 't':
                value.Append('\t');
                return true;
            case 'r':
                value.Append('\r');
                return true;
            case 'x' or 'u' when (text[i] == 'x' ? 2 : 4) is var digits:
                if (i + digits >= text.Length
                    || !ushort.TryParse(text.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
                {
                    return false;
                }

                value.Append((char)code);
                i += digits;
                return true;
            case '\'' or '"' or '\\' or '/':
                value.Append(text[i]);
                return true;
            default:
                return false;
        }
    }
}

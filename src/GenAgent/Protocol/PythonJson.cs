using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GenAgent.Protocol;

/// <summary>
/// JSON as Python's <c>json.dumps(value, ensure_ascii=False)</c> writes it, which is how chat templates render tools:
/// <c>", "</c> and <c>": "</c> as separators, keys in the order given, non-ASCII kept, numbers as Python's repr.
/// </summary>
public static class PythonJson
{
    /// <summary>Writes a value.</summary>
    /// <param name="element">The value.</param>
    /// <returns>JSON as Python's <c>json.dumps</c> writes it.</returns>
    public static string Write(JsonElement element)
    {
        var text = new StringBuilder();
        Write(text, element);
        return text.ToString();
    }

    /// <summary>A string with its quotes and escapes.</summary>
    /// <param name="value">The value.</param>
    /// <returns>A Python string literal.</returns>
    public static string Quote(string value) => WriteString(new StringBuilder(), value).ToString();

    /// <summary>Appends a string with its quotes and escapes, and returns the same builder.</summary>
    /// <param name="text">What is appended to.</param>
    /// <param name="value">The string.</param>
    /// <returns>The builder that was given.</returns>
    public static StringBuilder WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => text.Append(character),
            };
        }

        return text.Append('"');
    }

    private static void Write(StringBuilder text, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WriteAll(text, '{', element.EnumerateObject(), '}', static (text, property) =>
                {
                    WriteString(text, property.Name).Append(": ");
                    Write(text, property.Value);
                });
                break;
            case JsonValueKind.Array:
                WriteAll(text, '[', element.EnumerateArray(), ']', Write);
                break;
            case JsonValueKind.String:
                WriteString(text, element.GetString()!);
                break;
            case JsonValueKind.Number:
                text.Append(WriteNumber(element.GetRawText()));
                break;
            default:
                text.Append(element.GetRawText());
                break;
        }
    }

    private static void WriteAll<T>(StringBuilder text, char open, IEnumerable<T> items, char close, Action<StringBuilder, T> write)
    {
        text.Append(open);
        var separator = string.Empty;
        foreach (var item in items)
        {
            text.Append(separator);
            write(text, item);
            separator = ", ";
        }

        text.Append(close);
    }

    private static string WriteNumber(string raw) =>
        raw.AsSpan().IndexOfAny(".eE") < 0 ? raw : WriteFloat(double.Parse(raw, CultureInfo.InvariantCulture));

    // Python's repr: the shortest digits that read back the same; an exponent below 1e-4 and from 1e16 on.
    private static string WriteFloat(double value)
    {
        var shortest = Math.Abs(value).ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision < 17; precision++)
        {
            var candidate = Math.Abs(value).ToString($"E{precision}", CultureInfo.InvariantCulture);
            if (double.Parse(candidate, CultureInfo.InvariantCulture).Equals(Math.Abs(value)))
            {
                shortest = candidate;
                break;
            }
        }

        var parts = shortest.Split('E');
        var digits = parts[0].Replace(".", string.Empty, StringComparison.Ordinal);
        var exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        var sign = double.IsNegative(value) ? "-" : string.Empty;
        return sign + exponent switch
        {
            < -4 or >= 16 => digits[..1] + (digits.Length > 1 ? "." + digits[1..] : string.Empty)
                + (exponent < 0 ? "e-" : "e+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture),
            < 0 => "0." + new string('0', -exponent - 1) + digits,
            _ when digits.Length > exponent + 1 => digits[..(exponent + 1)] + "." + digits[(exponent + 1)..],
            _ => digits.PadRight(exponent + 1, '0') + ".0",
        };
    }
}

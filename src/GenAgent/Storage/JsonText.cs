using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GenAgent.Storage;

/// <summary>
/// Texts of JSON that may hold half of a character (a lone surrogate, as in <c>"\ud83d"</c>) or bytes that are no UTF-8, which the framework refuses to read.
/// </summary>
public static partial class JsonText
{
    /// <summary>The text, in which half a character is the replacement character.</summary>
    /// <param name="text">A JSON string.</param>
    /// <returns>The text.</returns>
    /// <exception cref="InvalidOperationException">It is another kind of value.</exception>
    public static string StringOf(JsonElement text) => Whole(WithHalves(text));

    /// <summary>The text with halves of characters as they stand: the other half may begin the next piece.</summary>
    /// <param name="text">A JSON string.</param>
    /// <returns>The text.</returns>
    /// <exception cref="InvalidOperationException">It is another kind of value.</exception>
    public static string WithHalves(JsonElement text)
    {
        try
        {
            return text.GetString() ?? throw new InvalidOperationException("The value is null, not a text.");
        }
        catch (InvalidOperationException) when (text.ValueKind == JsonValueKind.String)
        {
            return Unescape(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(text)[1..^1]));
        }
    }

    /// <summary>The name of a member, in which half a character is the replacement character.</summary>
    /// <param name="member">A member of a JSON object.</param>
    /// <returns>The name.</returns>
    public static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return Whole(Unescape(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(member))));
        }
    }

    /// <summary>The next piece of a text that may be cut within a character; half of one waits for the piece with the other half.</summary>
    /// <param name="piece">The piece with halves as they stand.</param>
    /// <param name="half">What waits, before and after; null for nothing.</param>
    /// <returns>What of the text is whole now.</returns>
    [return: NotNullIfNotNull(nameof(piece))]
    public static string? Joined(string? piece, ref char? half)
    {
        if (string.IsNullOrEmpty(piece)) return piece;
        var all = half is { } first ? first + piece : piece;
        half = char.IsHighSurrogate(all[^1]) ? all[^1] : null;
        return Whole(half is null ? all : all[..^1]);
    }

    /// <summary>The member of that name, also among names that are half a character; undefined where there is none, or the value is no object.</summary>
    /// <param name="element">Any value.</param>
    /// <param name="name">The member's name, without characters that JSON escapes.</param>
    internal static JsonElement Member(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object) return default;
        try
        {
            return element.TryGetProperty(name, out var value) ? value : default;
        }
        catch (InvalidOperationException)
        {
            var wanted = Encoding.UTF8.GetBytes(name);
            return element.EnumerateObject().LastOrDefault(member => JsonMarshal.GetRawUtf8PropertyName(member).SequenceEqual(wanted)).Value;
        }
    }

    /// <summary>The text with the replacement character for each half of a character.</summary>
    internal static string Whole(string text) => text.Any(char.IsSurrogate) ? string.Concat(text.EnumerateRunes()) : text;

    /// <summary>The JSON with the replacement character for each escaped half of a character (<c>\ud83d</c> without its other half).</summary>
    /// <param name="json">Any text.</param>
    internal static string WithoutHalves(string json) => Escapes().Replace(json, escape => escape.Groups["half"].Success ? @"\ufffd" : escape.Value);

    // A character of two halves, half a character, or another escape.
    [GeneratedRegex(
        @"\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Escapes();

    private static string Unescape(ReadOnlySpan<char> raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
            }
            else if (raw[++i] == 'u')
            {
                text.Append((char)ushort.Parse(raw.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
            }
            else
            {
                text.Append(raw[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var same => same });
            }
        }

        return text.ToString();
    }
}

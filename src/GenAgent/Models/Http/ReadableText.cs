using System.Text;

namespace GenAgent.Models.Http;

/// <summary>The text of an answer as UTF-8, which it should be and is not always.</summary>
internal static class ReadableText
{
    /// <summary>
    /// The body without a byte order mark; text in UTF-16 (by its mark), and text in Latin-1 if the server says so and it is no UTF-8, as UTF-8.
    /// Anything else as it is.
    /// </summary>
    /// <param name="body">Any bytes, of an image too.</param>
    /// <param name="charset">What the content type says; null for nothing.</param>
    public static byte[] Utf8(byte[] body, string? charset) => body switch
    {
        [0xEF, 0xBB, 0xBF, ..] => body[3..],
        [0xFF, 0xFE, ..] => Encoding.UTF8.GetBytes(Encoding.Unicode.GetString(body.AsSpan(2))),
        [0xFE, 0xFF, ..] => Encoding.UTF8.GetBytes(Encoding.BigEndianUnicode.GetString(body.AsSpan(2))),
        _ when IsLatin1(charset) && !System.Text.Unicode.Utf8.IsValid(body) => Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(body)),
        _ => body,
    };

    private static bool IsLatin1(string? charset) => charset?.Trim('"').ToLowerInvariant() is "iso-8859-1" or "latin1" or "windows-1252";
}

using System.Buffers.Text;

namespace GenAgent.Generators.Imaging;

/// <summary>Base64 as servers write it: bare or in a data URL (percent-encoded too), in either alphabet, with white space or without padding.</summary>
internal static class Base64Text
{
    private const string DataUrl = "data:";

    /// <summary>The same in the usual form; null if it is no base64, or empty.</summary>
    public static string? Normal(string text)
    {
        var isUrl = text.StartsWith(DataUrl, StringComparison.OrdinalIgnoreCase);
        var body = isUrl ? text[(text.IndexOf(',', StringComparison.Ordinal) + 1)..] : text;
        if (isUrl && body.Contains('%', StringComparison.Ordinal)) body = Uri.UnescapeDataString(body);
        var base64 = string.Concat(body.Where(c => !char.IsWhiteSpace(c))).Replace('-', '+').Replace('_', '/').TrimEnd('=');
        base64 = base64.PadRight((base64.Length + 3) / 4 * 4, '=');
        return base64.Length > 0 && Base64.IsValid(base64) ? base64 : null;
    }

    /// <summary>The bytes.</summary>
    /// <exception cref="FormatException">It is no base64.</exception>
    public static byte[] Bytes(string text) =>
        Convert.FromBase64String(Normal(text) ?? throw new FormatException("An image is no base64."));
}

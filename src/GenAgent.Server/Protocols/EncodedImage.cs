using System.Buffers.Text;

namespace GenAgent.Server.Protocols;

/// <summary>Images as text: data URLs, and base64 by itself.</summary>
internal static class EncodedImage
{
    /// <summary>Reads a data URL in base64, or base64 by itself.</summary>
    public static bool TryDecode(string text, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        var comma = -1;
        if (text.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            comma = text.IndexOf(',', StringComparison.Ordinal);
            if (comma < 0 || !text.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase)) return false;
        }

        var encoded = text.AsSpan(comma + 1);
        if (encoded.IsEmpty || !Base64.IsValid(encoded, out var length)) return false;
        var decoded = new byte[length];
        if (!Convert.TryFromBase64Chars(encoded, decoded, out var written)) return false;
        bytes = decoded.AsMemory(0, written);
        return written > 0;
    }

    /// <summary>The image as a data URL.</summary>
    public static string DataUrl(ReadOnlyMemory<byte> image, string mediaType) => $"data:{mediaType};base64,{Convert.ToBase64String(image.Span)}";
}

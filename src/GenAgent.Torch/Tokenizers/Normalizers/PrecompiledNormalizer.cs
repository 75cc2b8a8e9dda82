using System.Globalization;
using System.Text;

namespace GenAgent.Torch.Tokenizers.Normalizers;

/// <summary>Applies a <see cref="CharsMap"/> as the <c>tokenizers</c> library does: by grapheme where it is short, else by character.</summary>
/// <remarks>Of several keys that begin a grapheme the shortest replaces the whole of it; this reproduces the reference, including its flaw.</remarks>
internal sealed class PrecompiledNormalizer(CharsMap map) : INormalizer
{
    private const int ShortGrapheme = 6;

    public string Normalize(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var length = GraphemeLength(text, at);
            AppendGrapheme(text.AsSpan(at, length), result);
            at += length;
        }

        return result.ToString();
    }

    private static int GraphemeLength(string text, int at)
    {
        var ascii = text[at] < 0x80 && (at + 1 == text.Length || (text[at + 1] < 0x80 && text[at] != '\r'));
        return ascii ? 1 : StringInfo.GetNextTextElementLength(text, at);
    }

    private void AppendGrapheme(ReadOnlySpan<char> grapheme, StringBuilder result)
    {
        Span<byte> utf8 = stackalloc byte[16];
        if (Encoding.UTF8.GetByteCount(grapheme) < ShortGrapheme)
        {
            var length = Encoding.UTF8.GetBytes(grapheme, utf8);
            if (map.TryMatch(utf8[..length], longest: false, out _, out var whole))
            {
                result.Append(whole);
                return;
            }
        }

        foreach (var rune in grapheme.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(utf8);
            result.Append(map.TryMatch(utf8[..length], longest: false, out _, out var replacement) ? replacement : rune.ToString());
        }
    }
}

using System.Text;

namespace GenAgent.Torch.Tokenizers.Normalizers;

/// <summary>Normalises as sentencepiece itself does: longest keys of the character map, blanks joined and written as <c>▁</c>.</summary>
internal sealed class SentencePieceNormalizer(CharsMap? map, bool addDummyPrefix, bool removeExtraWhitespaces, bool escapeWhitespaces) : INormalizer
{
    private const string Blank = "▁";

    public string Normalize(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var at = 0;
        while (removeExtraWhitespaces && at < bytes.Length && string.Equals(Prefix(bytes, at, out var blank), " ", StringComparison.Ordinal))
        {
            at += blank;
        }

        if (at == bytes.Length)
        {
            return "";
        }

        var blankMark = escapeWhitespaces ? Blank : " ";
        var result = new StringBuilder(addDummyPrefix ? blankMark : "");
        var afterBlank = removeExtraWhitespaces;
        while (at < bytes.Length)
        {
            var piece = Prefix(bytes, at, out var length);
            at += length;
            if (afterBlank)
            {
                piece = piece.TrimStart(' ');
            }

            if (piece.Length > 0)
            {
                result.Append(piece.Replace(" ", blankMark, StringComparison.Ordinal));
                afterBlank = piece[^1] == ' ';
            }

            afterBlank &= removeExtraWhitespaces;
        }

        while (removeExtraWhitespaces && result.Length > 0 && result[^1] == blankMark[0])
        {
            result.Length--;
        }

        return result.ToString();
    }

    private string Prefix(byte[] bytes, int at, out int length)
    {
        var rest = bytes.AsSpan(at);
        if (map is not null && map.TryMatch(rest, longest: true, out length, out var replacement))
        {
            return replacement;
        }

        Rune.DecodeFromUtf8(rest, out var rune, out length);
        return rune.ToString();
    }
}

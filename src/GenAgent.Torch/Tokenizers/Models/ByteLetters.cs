using System.Text;

namespace GenAgent.Torch.Tokenizers.Models;

/// <summary>The letters by which byte-level vocabularies write bytes: printable Latin-1 as itself, the rest from U+0100 on.</summary>
/// <remarks>Source: GPT-2's <c>bytes_to_unicode</c>.</remarks>
internal static class ByteLetters
{
    private static readonly char[] Letters = Build();
    private static readonly Dictionary<char, byte> Bytes = Enumerable.Range(0, 256).ToDictionary(b => Letters[b], b => (byte)b);

    /// <summary>All bytes in the order in which vocabularies list their letters.</summary>
    public static IEnumerable<byte> InVocabularyOrder { get; } =
        [.. Enumerable.Range(0, 256).OrderBy(b => Letters[b] < 0x100 ? 0 : 1).ThenBy(b => b).Select(b => (byte)b)];

    public static char Of(byte value) => Letters[value];

    public static string Write(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var value in bytes)
        {
            text.Append(Letters[value]);
        }

        return text.ToString();
    }

    /// <summary>The bytes that a token's letters stand for, or the token's own UTF-8 where it holds any other letter.</summary>
    public static byte[] Read(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i]))
            {
                return Encoding.UTF8.GetBytes(token);
            }
        }

        return bytes;
    }

    private static char[] Build()
    {
        var letters = new char[256];
        var next = '\u0100';
        for (var value = 0; value < 256; value++)
        {
            letters[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE) ? (char)value : next++;
        }

        return letters;
    }
}

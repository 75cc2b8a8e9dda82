using System.Globalization;
using System.Text;

namespace GenAgent.Torch.Tokenizers.Unicode;

/// <summary>The classes that the pre-tokenizers' patterns know.</summary>
internal enum CharClass : byte
{
    Other,
    Letter,
    Number,
    Space,
}

/// <summary>Classifies by code point, where .NET's regular expressions see halves of characters beyond U+FFFF.</summary>
internal static class CharClasses
{
    private static readonly CharClass[] Plane0 = BuildPlane0();

    /// <summary>The class of the character that begins at an index, and its length in UTF-16 units.</summary>
    public static CharClass At(ReadOnlySpan<char> text, int index, out int length)
    {
        if (char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return Classify(new Rune(text[index], text[index + 1]));
        }

        length = 1;
        return Plane0[text[index]];
    }

    private static CharClass Classify(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        <= UnicodeCategory.OtherLetter => CharClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharClass.Number,
        _ => Rune.IsWhiteSpace(rune) ? CharClass.Space : CharClass.Other,
    };

    private static CharClass[] BuildPlane0()
    {
        var table = new CharClass[char.MaxValue + 1];
        for (var i = 0; i < table.Length; i++)
        {
            table[i] = Rune.TryCreate((char)i, out var rune) ? Classify(rune) : CharClass.Other;
        }

        return table;
    }
}

using GenAgent.Torch.Tokenizers.Unicode;

namespace GenAgent.Torch.Tokenizers.PreTokenizers;

/// <summary>Returns where the piece that begins at an index ends; the index itself where none begins.</summary>
internal delegate int PieceScanner(ReadOnlySpan<char> text, int start);

/// <summary>The patterns of the known tokenizers as code: linear time, and correct beyond U+FFFF, unlike .NET's Regex.</summary>
internal static class PieceScanners
{
    /// <summary>Qwen2, Qwen2.5 and Qwen3.</summary>
    public const string QwenPattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>CLIP.</summary>
    public const string ClipPattern = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    private const char LongS = '\u017F';

    /// <summary>The scanner of a pattern as <c>tokenizer.json</c> writes it, or null.</summary>
    public static PieceScanner? ForPattern(string pattern) => pattern switch
    {
        QwenPattern => Qwen,
        ClipPattern => Clip,
        _ => null,
    };

    public static int Qwen(ReadOnlySpan<char> text, int start)
    {
        var contraction = Contraction(text, start, ignoreCase: true);
        if (contraction > start)
        {
            return contraction;
        }

        var first = CharClasses.At(text, start, out var length);
        var next = start + length;
        if (first == CharClass.Letter)
        {
            return Run(text, next, CharClass.Letter);
        }

        // One leading character that is no line end and no number goes with the word after it.
        if (first != CharClass.Number && text[start] is not ('\r' or '\n')
            && next < text.Length && CharClasses.At(text, next, out _) == CharClass.Letter)
        {
            return Run(text, next, CharClass.Letter);
        }

        if (first == CharClass.Number)
        {
            return next;
        }

        var symbols = Run(text, text[start] == ' ' ? next : start, CharClass.Other);
        if (symbols > start + (text[start] == ' ' ? 1 : 0))
        {
            while (symbols < text.Length && text[symbols] is '\r' or '\n')
            {
                symbols++;
            }

            return symbols;
        }

        var blanks = Run(text, start, CharClass.Space);
        var lastLineEnd = text[start..blanks].LastIndexOfAny('\r', '\n');
        return lastLineEnd >= 0 ? start + lastLineEnd + 1 : Blanks(text, start, blanks);
    }

    public static int Gpt2(ReadOnlySpan<char> text, int start)
    {
        var contraction = Contraction(text, start, ignoreCase: false);
        if (contraction > start)
        {
            return contraction;
        }

        var afterBlank = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        var kind = CharClasses.At(text, afterBlank, out _);
        return kind == CharClass.Space ? Blanks(text, start, Run(text, start, CharClass.Space)) : Run(text, afterBlank, kind);
    }

    public static int Clip(ReadOnlySpan<char> text, int start)
    {
        var contraction = Contraction(text, start, ignoreCase: false);
        if (contraction > start)
        {
            return contraction;
        }

        return CharClasses.At(text, start, out var length) switch
        {
            CharClass.Space => start,
            CharClass.Number => start + length,
            var kind => Run(text, start, kind),
        };
    }

    // A run of blanks leaves its last one to the word that follows.
    private static int Blanks(ReadOnlySpan<char> text, int start, int end) => end == text.Length || end - start == 1 ? end : end - 1;

    private static int Run(ReadOnlySpan<char> text, int start, CharClass kind)
    {
        while (start < text.Length && CharClasses.At(text, start, out var length) == kind)
        {
            start += length;
        }

        return start;
    }

    private static int Contraction(ReadOnlySpan<char> text, int start, bool ignoreCase)
    {
        if (text[start] != '\'' || start + 1 == text.Length)
        {
            return start;
        }

        var first = Fold(text[start + 1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return start + 2;
        }

        var second = start + 2 < text.Length ? Fold(text[start + 2], ignoreCase) : '\0';
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? start + 3 : start;
    }

    private static char Fold(char letter, bool ignoreCase) => (ignoreCase, letter) switch
    {
        (true, LongS) => 's',
        (true, >= 'A' and <= 'Z') => (char)(letter | 0x20),
        _ => letter,
    };
}

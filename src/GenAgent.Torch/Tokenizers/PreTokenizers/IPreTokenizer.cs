using System.Text;

namespace GenAgent.Torch.Tokenizers.PreTokenizers;

/// <summary>Cuts normalised text into the pieces that a model encodes one by one. Thread-safe.</summary>
internal interface IPreTokenizer
{
    /// <summary>Cuts one stretch of text.</summary>
    /// <param name="text">A stretch between added tokens.</param>
    /// <param name="atStart">Whether the stretch begins the whole text.</param>
    IEnumerable<string> Split(string text, bool atStart);
}

/// <summary>Several pre-tokenizers, each splitting the pieces of the one before; an empty list does not split.</summary>
internal sealed class PreTokenizerSequence(params IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    public IEnumerable<string> Split(string text, bool atStart)
    {
        IEnumerable<(string Text, bool AtStart)> pieces = [(text, atStart)];
        foreach (var step in steps)
        {
            pieces = pieces.SelectMany(piece => step.Split(piece.Text, piece.AtStart).Select((part, i) => (part, piece.AtStart && i == 0)));
        }

        return pieces.Select(piece => piece.Text);
    }
}

/// <summary>Cuts at blanks and leaves them out.</summary>
internal sealed class WhitespacePreTokenizer : IPreTokenizer
{
    public IEnumerable<string> Split(string text, bool atStart)
    {
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var end = at;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            yield return text[at..end];
            at = end;
        }
    }
}

/// <summary>When a <see cref="MetaspacePreTokenizer"/> puts a blank's mark in front.</summary>
internal enum PrependScheme
{
    Always,
    First,
    Never,
}

/// <summary>Writes blanks as <c>▁</c> and cuts before each of them, as sentencepiece's models expect.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, PrependScheme scheme, bool split) : IPreTokenizer
{
    public IEnumerable<string> Split(string text, bool atStart)
    {
        if (text.Length == 0)
        {
            yield break;
        }

        var marked = new StringBuilder(text).Replace(' ', replacement);
        if (marked[0] != replacement && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && atStart)))
        {
            marked.Insert(0, replacement);
        }

        var whole = marked.ToString();
        var start = 0;
        for (var next = 1; split && next < whole.Length; next++)
        {
            if (whole[next] == replacement)
            {
                yield return whole[start..next];
                start = next;
            }
        }

        yield return start == 0 ? whole : whole[start..];
    }
}

/// <summary>Cuts by a <see cref="PieceScanner"/>.</summary>
internal sealed class ScannerPreTokenizer(PieceScanner scanner, bool dropUnmatched) : IPreTokenizer
{
    public IEnumerable<string> Split(string text, bool atStart)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = scanner(text, at);
            if (end > at)
            {
                yield return text[at..end];
                at = end;
                continue;
            }

            // No pattern begins here (only CLIP's, at blanks).
            var gap = at + 1;
            while (gap < text.Length && scanner(text, gap) == gap)
            {
                gap++;
            }

            if (!dropUnmatched)
            {
                yield return text[at..gap];
            }

            at = gap;
        }
    }
}

using System.Buffers;
using GenAgent.Torch.Tokenizers.Unicode;

namespace GenAgent.Torch.Tokenizers;

/// <summary>Splits text at added tokens: leftmost first, and the longest of those that begin at one position.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<char, List<(string Content, AddedToken Token)>> _byFirst = [];
    private readonly SearchValues<char> _first;

    /// <summary>Prepares the search for a set of tokens.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="normalize">How their content is written in the text that will be searched.</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens, Func<string, string> normalize)
    {
        foreach (var token in tokens)
        {
            var content = normalize(token.Content);
            if (content.Length > 0)
            {
                (_byFirst.TryGetValue(content[0], out var list) ? list : _byFirst[content[0]] = []).Add((content, token));
            }
        }

        foreach (var list in _byFirst.Values)
        {
            list.Sort(static (a, b) => b.Content.Length.CompareTo(a.Content.Length));
        }

        _first = SearchValues.Create([.. _byFirst.Keys]);
    }

    /// <summary>The next token at or after <paramref name="from"/> and the stretch that it takes, or null.</summary>
    public (AddedToken Token, int Start, int End)? Next(string text, int from, AddedTokenMode mode)
    {
        if (mode == AddedTokenMode.Plain || _byFirst.Count == 0)
        {
            return null;
        }

        for (var at = from; at < text.Length; at++)
        {
            var skip = text.AsSpan(at).IndexOfAny(_first);
            if (skip < 0)
            {
                return null;
            }

            at += skip;
            foreach (var (content, token) in _byFirst[text[at]])
            {
                if (token.Special && mode == AddedTokenMode.SplitSpecial)
                {
                    continue;
                }

                if (string.CompareOrdinal(text, at, content, 0, content.Length) == 0
                    && (!token.SingleWord || StandsAlone(text, at, at + content.Length)))
                {
                    return Widen(text, token, from, at, at + content.Length);
                }
            }
        }

        return null;
    }

    private static (AddedToken Token, int Start, int End) Widen(string text, AddedToken token, int from, int start, int end)
    {
        while (token.LeftStrip && start > from && char.IsWhiteSpace(text[start - 1]))
        {
            start--;
        }

        while (token.RightStrip && end < text.Length && char.IsWhiteSpace(text[end]))
        {
            end++;
        }

        return (token, start, end);
    }

    private static bool StandsAlone(string text, int start, int end) =>
        (start == 0 || !IsWord(text, start - (start > 1 && char.IsLowSurrogate(text[start - 1]) ? 2 : 1)))
        && (end == text.Length || !IsWord(text, end));

    private static bool IsWord(string text, int at) =>
        text[at] == '_' || CharClasses.At(text, at, out _) is CharClass.Letter or CharClass.Number;
}

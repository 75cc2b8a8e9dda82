using System.Text;
using System.Text.RegularExpressions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Language;

/// <summary>
/// Adds typing noise to a request: case, punctuation, British or American spelling, slang, missing articles, typos. It never turns a word into another word
/// of the language, so the meaning stays the same.
/// </summary>
internal sealed partial class RequestNoise(RequestLanguage language)
{
    private const string Neighbours = "qwsazxedcrfvtgbyhnujmikolp";

    /// <summary>The request as it was typed.</summary>
    public string Apply(string text, SeededDraws draws)
    {
        if (draws.Chance(0.3))
            text = Instead(text, "spelling", 1, draws);
        if (draws.Chance(0.1))
            text = Instead(text, "slang", 0.6, draws);
        if (draws.Chance(0.04))
            text = Article().Replace(text, "");
        if (draws.Chance(0.05))
            text = text.Replace(", ", " ", StringComparison.Ordinal);
        if (draws.Chance(0.15))
            text = Slips(text, 1 + draws.Weighted([0.75, 0.25]), draws);
        return Punctuate(Case(text, draws), draws);
    }

    private static string Case(string text, SeededDraws draws) => draws.Weighted([0.42, 0.3, 0.2, 0.04, 0.04]) switch
    {
        0 => char.ToUpperInvariant(text[0]) + text[1..],
        1 => text.ToLowerInvariant(),
        2 => text,
        3 => text.ToUpperInvariant(),
        _ => Letters().Replace(text, word => char.ToUpperInvariant(word.Value[0]) + word.Value[1..]),
    };

    private static string Punctuate(string text, SeededDraws draws) => draws.Weighted([0.55, 0.3, 0.08, 0.03, 0.02, 0.02]) switch
    {
        0 => text,
        1 => text.TrimEnd('.', '!'),
        2 => char.IsPunctuation(text[^1]) ? text : text + ".",
        3 => text.TrimEnd('.') + "!",
        4 => text.TrimEnd('.') + "...",
        _ => text.TrimEnd('.') + " !",
    };

    private string Instead(string text, string kind, double share, SeededDraws draws) => Letters().Replace(text, word =>
    {
        if (!draws.Chance(share) || language.Words.Instead(kind, word.Value.ToLowerInvariant(), draws) is not { } other)
            return word.Value;
        return char.IsUpper(word.Value[0]) ? char.ToUpperInvariant(other[0]) + other[1..] : other;
    });

    private string Slips(string text, int count, SeededDraws draws)
    {
        for (; count > 0; count--)
        {
            Match[] words = [.. Letters().Matches(text).Where(word => word.Length >= 4)];
            if (words.Length == 0)
                return text;
            var word = draws.Pick(words);
            var slipped = Slip(word.Value, draws);
            if (!language.Vocabulary.Contains(slipped.ToLowerInvariant()))
                text = text[..word.Index] + slipped + text[(word.Index + word.Length)..];
        }

        return text;
    }

    private static string Slip(string word, SeededDraws draws)
    {
        var letters = new StringBuilder(word);
        var at = 1 + draws.Below(word.Length - 2);
        switch (draws.Weighted([0.4, 0.25, 0.15, 0.15, 0.05]))
        {
            case 0:
                (letters[at], letters[at + 1]) = (letters[at + 1], letters[at]);
                break;
            case 1:
                letters.Remove(at, 1);
                break;
            case 2:
                letters.Insert(at, letters[at]);
                break;
            case 3 when Neighbours.IndexOf(char.ToLowerInvariant(letters[at]), StringComparison.Ordinal) is var key and >= 0:
                letters[at] = Neighbours[Math.Clamp(key + (draws.Chance(0.5) ? 1 : -1), 0, Neighbours.Length - 1)];
                break;
            default:
                letters.Append(letters[^1]);
                break;
        }

        return letters.ToString();
    }

    [GeneratedRegex("[A-Za-z']+", RegexOptions.None, matchTimeoutMilliseconds: Timeout.Infinite)]
    private static partial Regex Letters();

    [GeneratedRegex(@"\b(an?|the) (?=[a-z])", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Timeout.Infinite)]
    private static partial Regex Article();
}

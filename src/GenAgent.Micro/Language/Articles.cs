using System.Text.RegularExpressions;

namespace GenAgent.Micro.Language;

/// <summary>Corrects "a" and "an" after slots have been filled.</summary>
internal static partial class Articles
{
    private const string SpokenWithVowel = "AEFHILMNORSX";

    public static string Correct(string text) => Article().Replace(text, match =>
    {
        var (article, word) = (match.Groups["article"].Value, match.Groups["word"].Value);
        var an = BeginsWithVowel(word);
        return an == article.Length > 1 || (word.Length > 1 && word.All(char.IsUpper))
            ? match.Value
            : (an ? article + "n" : article[..1]) + match.Value[article.Length..];
    });

    private static bool BeginsWithVowel(string word)
    {
        if (word.Length == 1 && char.IsLetter(word[0]))
            return char.IsUpper(word[0]) ? SpokenWithVowel.Contains(word[0], StringComparison.Ordinal) : word[0] is not 'u';
        var lower = word.ToLowerInvariant();
        if (lower.StartsWith("uni", StringComparison.Ordinal) || lower.StartsWith("us", StringComparison.Ordinal)
            || lower.StartsWith("eu", StringComparison.Ordinal) || lower.StartsWith("one", StringComparison.Ordinal)
            || lower.StartsWith("ukulele", StringComparison.Ordinal))
            return false;
        return lower[0] is 'a' or 'e' or 'i' or 'o' or 'u' or '8' || lower.StartsWith("hour", StringComparison.Ordinal)
            || lower.StartsWith("heirloom", StringComparison.Ordinal) || lower.StartsWith("honest", StringComparison.Ordinal) || lower is "11" or "18";
    }

    [GeneratedRegex(@"\b(?<article>[Aa]n?) (?<word>[A-Za-z0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Timeout.Infinite)]
    private static partial Regex Article();
}

using System.Text;
using System.Text.RegularExpressions;
using GenAgent.Torch.Tokenizers.Unicode;

namespace GenAgent.Torch.Tokenizers.Normalizers;

/// <summary>Rewrites text before it is split. Thread-safe.</summary>
internal interface INormalizer
{
    string Normalize(string text);
}

/// <summary>Several normalisers, one after the other; an empty list leaves the text unchanged.</summary>
internal sealed class NormalizerSequence(params IReadOnlyList<INormalizer> steps) : INormalizer
{
    public string Normalize(string text) => steps.Aggregate(text, static (result, step) => step.Normalize(result));
}

/// <summary>Canonical composition.</summary>
internal sealed class NfcNormalizer : INormalizer
{
    public string Normalize(string text) => Nfc.Normalize(text);
}

/// <summary>Lower case, character by character, with no regard to neighbours.</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    private const char CapitalIWithDot = '\u0130';

    public string Normalize(string text)
    {
        var lower = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // The one character whose lower case is two; .NET's invariant culture leaves it as it is.
            lower.Append(rune.Value == CapitalIWithDot ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString());
        }

        return lower.ToString();
    }
}

/// <summary>Takes blanks off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public string Normalize(string text) => (left, right) switch
    {
        (true, true) => text.Trim(),
        (true, false) => text.TrimStart(),
        (false, true) => text.TrimEnd(),
        _ => text,
    };
}

/// <summary>Replaces each match of a pattern by a fixed text.</summary>
internal sealed class ReplaceNormalizer : INormalizer
{
    private readonly Regex _pattern;
    private readonly string _replacement;

    /// <summary>Compiles the pattern.</summary>
    /// <exception cref="ArgumentException">The pattern needs backtracking or is no pattern.</exception>
    /// <exception cref="NotSupportedException">The pattern needs backtracking.</exception>
    public ReplaceNormalizer(string pattern, string replacement)
    {
        // The pattern comes from a file: without backtracking no pattern can make it hang.
        _pattern = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout);
        _replacement = replacement;
    }

    public string Normalize(string text) => _pattern.Replace(text, _ => _replacement);
}

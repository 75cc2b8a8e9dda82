using GenAgent.Seeds;

namespace GenAgent.Training.Synthesis;

/// <summary>Makes a prompt worse by one word. Pure: the same prompt and seed give the same words.</summary>
public static class PromptWeakening
{
    // Words that the miniature world's captions have too.
    private static readonly string[][] Kinds =
    [
        ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"],
        ["small", "large"],
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
        ["left", "right"],
        ["above", "below"],
    ];

    /// <summary>The prompt without one of its attributes (a colour, a size, a number, a side); without its last word where it names none.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="seed">The node of the seed tree that all random choices derive from.</param>
    /// <returns>The weaker prompt.</returns>
    public static string Lose(string prompt, SeedPath seed)
    {
        var words = Words(prompt);
        if (words.Count < 2)
            return prompt;
        words.RemoveAt(Pick(words, seed)?.At ?? words.Count - 1);
        return string.Join(' ', words);
    }

    /// <summary>The prompt with one of its attributes changed into another of its kind; the same as <see cref="Lose"/> where it names none.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="seed">The node of the seed tree that all random choices derive from.</param>
    /// <returns>The wrong prompt.</returns>
    public static string Spoil(string prompt, SeedPath seed)
    {
        var words = Words(prompt);
        if (Pick(words, seed) is not var (at, kind))
            return Lose(prompt, seed);
        var others = kind.Where(w => !w.Equals(Bare(words[at]), StringComparison.OrdinalIgnoreCase)).ToArray();
        words[at] = words[at].Replace(Bare(words[at]), others[(int)(seed.Child("other").Value % (ulong)others.Length)], StringComparison.Ordinal);
        return string.Join(' ', words);
    }

    private static (int At, string[] Kind)? Pick(List<string> words, SeedPath seed)
    {
        // The background is no attribute of what was asked for: its loss would teach nothing.
        (int At, string[] Kind)[] attributes = [.. words
            .Select((w, i) => (At: i, Kind: Kinds.FirstOrDefault(k => k.Contains(Bare(w), StringComparer.OrdinalIgnoreCase))!))
            .Where(a => a.Kind is not null && !(a.At + 1 < words.Count && Bare(words[a.At + 1]) is "background"))];
        return attributes.Length == 0 ? null : attributes[seed.Child("attribute").Value % (ulong)attributes.Length];
    }

    private static List<string> Words(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return [.. prompt.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
    }

    private static string Bare(string word) => word.Trim(',', '.', ';', ':', '!', '?');
}

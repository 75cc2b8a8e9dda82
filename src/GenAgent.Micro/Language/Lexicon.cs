using System.Globalization;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Language;

/// <summary>
/// The words that fill slots: synonyms with their plurals and how common each is, read from <c>lexicon.tsv</c>. Immutable, safe to use from
/// many threads at once.
/// </summary>
internal sealed class Lexicon
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private Lexicon()
    {
    }

    /// <summary>Reads the file: <c>KIND MEANING WEIGHT WORD [PLURAL]</c> a line, with tabs between.</summary>
    /// <exception cref="LanguageFormatException">A line is no entry.</exception>
    public static Lexicon Parse(string name, string text)
    {
        var lexicon = new Lexicon();
        var row = 0;
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            row++;
            if (line.StartsWith('#') || string.IsNullOrWhiteSpace(line))
                continue;
            var fields = line.Split('\t');
            if (fields.Length is not (4 or 5) || !double.TryParse(fields[2], CultureInfo.InvariantCulture, out var weight) || !(weight > 0))
                throw new LanguageFormatException(name, row, 1, "an entry is \"KIND MEANING WEIGHT WORD [PLURAL]\", with tabs between and a weight above 0.");
            var key = $"{fields[0]} {fields[1]}";
            if (!lexicon._entries.TryGetValue(key, out var entry))
                lexicon._entries[key] = entry = new();
            entry.Words.Add((fields[3], fields.Length == 5 ? fields[4] : fields[3]));
            entry.Weights.Add(weight);
        }

        return lexicon;
    }

    /// <summary>A word of a kind (<c>class</c>, <c>color</c>, <c>size</c>, <c>canvas</c>, <c>number</c>, <c>many</c>, <c>slang</c>) and its plural.</summary>
    /// <exception cref="KeyNotFoundException">The lexicon has none.</exception>
    public (string One, string Many) Draw(string kind, string meaning, SeededDraws draws)
    {
        var entry = _entries.TryGetValue($"{kind} {meaning}", out var known)
            ? known
            : throw new KeyNotFoundException($"lexicon.tsv has no {kind} \"{meaning}\".");
        return entry.Words[draws.Weighted(entry.Weights)];
    }

    /// <summary>A replacement for a word, for kinds of words with optional replacements; null if there is none.</summary>
    public string? Instead(string kind, string word, SeededDraws draws) =>
        _entries.TryGetValue($"{kind} {word}", out var entry) ? entry.Words[draws.Weighted(entry.Weights)].One : null;

    /// <summary>Every word, singular and plural.</summary>
    public IEnumerable<string> Words => _entries.Values.SelectMany(e => e.Words).SelectMany(w => new[] { w.One, w.Many });

    /// <summary>The words that fill slots, without the replacements (spelling, slang) for finished requests.</summary>
    public IEnumerable<string> SlotWords =>
        _entries.Where(e => !e.Key.StartsWith("spelling ", StringComparison.Ordinal) && !e.Key.StartsWith("slang ", StringComparison.Ordinal))
        .SelectMany(e => e.Value.Words).SelectMany(w => new[] { w.One, w.Many });

    private sealed class Entry
    {
        public List<(string One, string Many)> Words { get; } = [];

        public List<double> Weights { get; } = [];
    }
}

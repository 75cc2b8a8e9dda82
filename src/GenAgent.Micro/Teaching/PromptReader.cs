using System.Collections.Frozen;
using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Teaching;

/// <summary>
/// Reads plain English about the miniature world ("three red circles to the left of a small blue square") into constraints. Runs in linear time and never
/// throws on a user's text: the problem names unknown words. Pure.
/// </summary>
public static class PromptReader
{
    private static readonly FrozenDictionary<string, int> Numbers = Enumerable.Range(1, World.MaxObjects)
        .SelectMany(n => new[] { (Word: WorldWords.Number(n), N: n), (Word: $"{n}", N: n) })
        .Concat([("a", 1), ("an", 1), ("single", 1), ("pair", 2), ("couple", 2)])
        .ToFrozenDictionary(p => p.Item1, p => p.Item2, StringComparer.Ordinal);

    private static readonly FrozenSet<string> Fillers = FrozenSet.ToFrozenSet(
        [
            "photo", "picture", "image", "drawing", "graphic", "simple", "showing", "shows", "show", "draw", "paint", "make", "create", "please",
            "me", "i", "need", "want", "like", "this", "so", "it", "arrange", "of", "the", "on", "at", "in", "to", "is", "are", "with", "there",
            "exactly", "just", "only", "together", "background", "canvas", "side", "colored", "coloured", "one's", "which", "that", "than", "be",
        ], StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Regions = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["left"] = "left", ["right"] = "right", ["top"] = "above", ["bottom"] = "below",
        ["above"] = "above", ["over"] = "above", ["below"] = "below", ["under"] = "below", ["beneath"] = "below",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Sizes = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["larger"] = "larger", ["bigger"] = "larger", ["large"] = "larger", ["big"] = "larger",
        ["smaller"] = "smaller", ["small"] = "smaller", ["little"] = "smaller", ["tiny"] = "smaller",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Reads a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>What the prompt asks for, as far as it was understood.</returns>
    public static ReadPrompt Read(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var words = Split(prompt);
        var sentence = new Sentence();
        List<string> unknown = [];
        for (var i = 0; i < words.Count; i++)
        {
            var next = i + 1 < words.Count ? words[i + 1] : string.Empty;
            if (!Take(sentence, words[i], next) && !unknown.Contains(words[i], StringComparer.Ordinal))
                unknown.Add(words[i]);
        }

        return Finish(sentence.Groups(), unknown);
    }

    private static bool Take(Sentence sentence, string word, string next)
    {
        if (word is "," or "and" or ";")
            sentence.EndClause();
        else if (WorldWords.TryParse(word, out ShapeClass kind))
            sentence.Add(kind, plural: !string.Equals(word, WorldWords.Name(kind), StringComparison.Ordinal));
        else if (Numbers.TryGetValue(word, out var count))
            sentence.Count(count);
        else if (WorldWords.TryParse(word, out ShapeColor color))
            sentence.Color(WorldWords.Name(color));
        else if (Sizes.TryGetValue(word, out var size) && next is "than")
            sentence.Compare(size);
        else if (size is not null)
            sentence.Size(size);
        else if (Regions.TryGetValue(word, out var region) && (next is "of" || IsRelation(word, next)))
            sentence.Relate(region);
        else if (region is not null)
            sentence.Place(region);
        else
            return Fillers.Contains(word) || WorldWords.TryParse(word, out CanvasColor _);
        return true;
    }

    // "a star above a heart" relates two groups; "the star on top, the heart below" only places one.
    private static bool IsRelation(string word, string next) =>
        word is "above" or "over" or "below" or "under" or "beneath" && next.Length > 0 && next is not ("," or "and");

    private static ReadPrompt Finish(IReadOnlyList<ObjectConstraint> groups, List<string> unknown)
    {
        if (unknown.Count > 0)
            return new(
                null,
                $"the word{(unknown.Count == 1 ? " is" : "s are")} not of this little world: {string.Join(", ", unknown.Take(8).Select(w => $"\"{w}\""))}");
        if (groups.Count == 0)
            return new(null, "no shape is named");
        var total = groups.Sum(g => g.Count);
        return total > World.MaxObjects
            ? new(null, $"{total} objects are asked for, and an image holds at most {World.MaxObjects}")
            : new(new PromptConstraints(groups), null);
    }

    private static List<string> Split(string prompt) =>
        [.. prompt.ToLowerInvariant().Replace(",", " , ", StringComparison.Ordinal).Replace(";", " , ", StringComparison.Ordinal)
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(w => w is "," ? w : w.Trim('.', ':', '!', '?', '"', '\'', '(', ')', '-'))
            .Where(w => w.Length > 0)];
}

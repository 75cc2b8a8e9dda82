using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>Every word that a caption can hold: tokenizers for the miniature generator are made from this list.</summary>
public static class CaptionVocabulary
{
    /// <summary>The only punctuation in captions; it follows a word without a space.</summary>
    public const string Comma = ",";

    /// <summary>The words, lower case, in a fixed order: names first, then numbers, then the little words. Cells hold a hyphen and count as one word.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        .. World.Classes.Select(c => WorldWords.Name(c)),
        .. World.Classes.Select(WorldWords.Plural),
        .. World.Colors.Select(WorldWords.Name),
        .. World.Canvases.Select(WorldWords.Name),
        .. World.Cells.Select(WorldWords.Name),
        "large", "small",
        .. Enumerable.Range(1, World.MaxObjects).Select(WorldWords.Number),
        .. LooseCaption.LittleWords,
    ];

    /// <summary>
    /// Cuts a text into the vocabulary's tokens: lower case, words as they are, commas by themselves, other punctuation dropped. Words outside the
    /// vocabulary are kept.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>The tokens, in order.</returns>
    public static IReadOnlyList<string> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. text.ToLowerInvariant().Replace(Comma, " , ", StringComparison.Ordinal)
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(w => w is Comma ? w : w.Trim('.', ';', ':', '!', '?', '"', '\'', '(', ')', '-'))
            .Where(w => w.Length > 0)];
    }
}

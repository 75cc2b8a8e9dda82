using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Language;

/// <summary>Draws a wording for a group: "three red circles", "a couple of big stars", "circle, blue".</summary>
internal static class GroupPhrase
{
    /// <summary>
    /// A group for a slot: <c>G</c> any number, <c>T</c> one with its article, <c>P</c> two or more, <c>B</c> one without article; <c>z</c> with a size.
    /// </summary>
    public static DrawnGroup Draw(string slot, ShapeClass kind, ShapeColor? color, int count, RequestLanguage language, SeededDraws draws)
    {
        var size = slot.EndsWith('z') ? draws.Pick([ShapeSize.Large, ShapeSize.Small]) : (ShapeSize?)null;
        var frame = draws.Chance(slot[0] switch { 'B' => 0, 'T' => 0.3, _ => 0.5 })
            ? Frame(slot[0], count, color is not null, size is not null, language, draws)
            : null;
        var words = new Spoken(
            language.Words.Draw("class", WorldWords.Name(kind), draws),
            color is { } c ? language.Words.Draw("color", WorldWords.Name(c), draws).One : null,
            size is { } s ? language.Words.Draw("size", WorldWords.Name(s), draws).One : null,
            Number(count, language, draws));
        return new(count, size, color, kind, frame is null ? Plain(slot[0], count, words, draws) : Fill(frame, words));
    }

    /// <summary>A number in a word or in digits.</summary>
    public static string Number(int count, RequestLanguage language, SeededDraws draws) => language.Words.Draw("number", $"{count}", draws).One;

    private static Frame? Frame(char slot, int count, bool color, bool size, RequestLanguage language, SeededDraws draws)
    {
        Frame[] own = [.. language.GroupPhrases[(count, color, size)]];
        Frame[] any = count > 1 ? [.. language.GroupPhrases[(0, color, size)]] : [];
        if (slot == 'T')
            own = [.. own.Where(IsSingular)];
        // Phrases for a single number, such as "a couple of", are drawn as often as all others together.
        var from = own.Length > 0 && (any.Length == 0 || draws.Chance(0.4)) ? own : any;
        return from.Length == 0 ? null : draws.Pick(from);
    }

    // "a red circle", not "circle (red), 1", because it is used inside a sentence.
    private static bool IsSingular(Frame frame) => frame.Text.Parts[0] is string start
        && (start.StartsWith("a ", StringComparison.Ordinal) || start.StartsWith("one ", StringComparison.Ordinal))
        && !frame.Text.Parts.OfType<string>().Any(part => part.AsSpan().IndexOfAny(",(:") >= 0);

    private static string Plain(char slot, int count, Spoken words, SeededDraws draws)
    {
        var number = count > 1
            ? words.Number
            : slot == 'B' ? null : draws.Weighted([0.7, 0.2, slot == 'T' ? 0.02 : 0.1]) switch { 0 => "a", 1 => "one", _ => "1" };
        var noun = count > 1 ? words.Noun.Many : words.Noun.One;
        var (first, second) = draws.Chance(0.05) ? (words.Color, words.Size) : (words.Size, words.Color);
        return string.Join(' ', new[] { number, first, second, noun }.OfType<string>());
    }

    private static string Fill(Frame frame, Spoken words) =>
        string.Concat(frame.Text.Parts.Select(part => part is not FrameSlot slot ? (string)part : slot.Kind switch
    {
        SlotKind.Number => words.Number,
        SlotKind.Color => words.Color!,
        SlotKind.Size => words.Size!,
        SlotKind.Shapes => words.Noun.Many,
        _ => words.Noun.One,
    }));

    private sealed record Spoken((string One, string Many) Noun, string? Color, string? Size, string Number);
}

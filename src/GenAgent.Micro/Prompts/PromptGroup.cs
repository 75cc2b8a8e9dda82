using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Facts;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Prompts;

/// <summary>A group of a prompt under construction: its meaning, and the facts that replace parts of it.</summary>
internal sealed record PromptGroup(ShapeClass Class, int Count = 1, ShapeColor? Color = null, string? Region = null, string? Size = null)
{
    public Fact? CountFact { get; init; }

    public Fact? ColorFact { get; init; }

    public Fact? ClassFact { get; init; }

    public IEnumerable<Fact> Facts => new[] { CountFact, ColorFact, ClassFact }.OfType<Fact>();

    public ObjectConstraint Constraint => new(WorldWords.Name(Class), Count, Color is { } color ? WorldWords.Name(color) : null, Region, Size);

    /// <summary>The group as a user would phrase it: "two red circles", "as many hearts as there are days in a weekend".</summary>
    public string Words(SeededDraws draws, string? adjective = null)
    {
        var plural = Count > 1 || CountFact is not null;
        List<string> words = [];
        if (adjective is not null)
            words.Add(adjective);
        if (Color is { } color && ColorFact is null)
            words.Add(WorldWords.Name(color));
        words.Add(ClassFact is null ? (plural ? WorldWords.Plural(Class) : WorldWords.Name(Class)) : plural ? "shapes" : "shape");
        if (ColorFact is not null)
            words.Add($"{draws.Pick(["in the color of", "colored like"])} {ColorFact.Text}");
        if (ClassFact is not null)
            words.Add($"{(ColorFact is null && draws.Chance(0.5) ? plural ? "that look like" : "that looks like" : "with the outline of")} {ClassFact.Text}");
        var noun = string.Join(' ', words);
        if (CountFact is not null)
            return $"as many {noun} as there are {CountFact.Text}";
        if (Count > 1)
            return $"{WorldWords.Number(Count)} {noun}";
        return noun.StartsWith("orange", StringComparison.Ordinal) ? $"an {noun}" : $"a {noun}";
    }
}

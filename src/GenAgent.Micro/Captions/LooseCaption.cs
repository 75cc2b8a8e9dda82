using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>
/// What people write: "three red circles and two blue squares", "a star above a heart", "some shapes on black". Always true for the scene; objects are
/// omitted only if the caption says that there are others.
/// </summary>
internal static class LooseCaption
{
    /// <summary>The words of loose captions besides the world's names and numbers.</summary>
    public static readonly string[] LittleWords =
    [
        "a", "an", "and", "with", "of", "on", "the", "background", "canvas", "shapes", "other", "pair", "some", "few", "several", "many",
        "picture", "drawing", "image", "just", "colorful", "above", "below", "under", "over", "to", "left", "right", "next", "beside",
        "bigger", "smaller", "than", "at", "top", "bottom", "in", "different", "colors", "all",
    ];

    private static readonly string[] Openings = ["a picture of ", "a drawing of ", "an image of ", "an image with ", "just "];

    // Weights of omitting the background, and of each way to mention it.
    private static readonly double[] Grounds = [0.7, 0.15, 0.1, 0.05];

    public static string Write(Scene scene, SeededDraws draws)
    {
        var byColor = ShapeGroup.Of(scene, byColor: true);
        var byClass = ShapeGroup.Of(scene, byColor: false);
        var groups = byColor.Count <= 3 || draws.Chance(0.5) ? byColor : byClass;
        return Opening(draws) + Body(scene, groups, draws) + Closing(scene, draws);
    }

    /// <summary>Sometimes "a picture of" or similar; mostly nothing.</summary>
    public static string Opening(SeededDraws draws) => draws.Chance(0.3) ? draws.Pick(Openings) : string.Empty;

    private static string Body(Scene scene, IReadOnlyList<ShapeGroup> groups, SeededDraws draws)
    {
        if (groups.Count == 2 && draws.Chance(0.7) && Relation(groups[0], groups[1], draws) is { } relation)
            return relation;
        if (groups.Count > 4 || (groups.Count > 2 && draws.Chance(0.15)))
            return draws.Chance(0.5) ? Summary(scene, draws) : Some(groups, draws);
        if (groups is [{ Count: > 1, Color: null }] && draws.Chance(0.4))
            return $"{Phrase(groups[0], draws)} in different colors";

        return Join([.. groups.Select(g => Phrase(g, draws))], draws);
    }

    /// <summary>"a star above a heart": if the groups are separate or differ in size.</summary>
    private static string? Relation(ShapeGroup first, ShapeGroup second, SeededDraws draws)
    {
        if (draws.Chance(0.5))
            (first, second) = (second, first);
        var (a, b) = (Phrase(first, draws), Phrase(second, draws));
        List<string> said = [];
        if (Before(first, second, c => c.Row()))
            said.AddRange([$"{a} above {b}", $"{a} over {b}", $"{a} at the top and {b} at the bottom"]);
        if (Before(second, first, c => c.Row()))
            said.AddRange([$"{a} below {b}", $"{a} under {b}", $"{a} at the bottom and {b} at the top"]);
        if (Before(first, second, c => c.Column()))
            said.AddRange([$"{a} to the left of {b}", $"{a} on the left and {b} on the right"]);
        if (Before(second, first, c => c.Column()))
            said.AddRange([$"{a} to the right of {b}", $"{a} on the right and {b} on the left"]);
        if (said.Count > 0 && draws.Chance(0.2))
            said = [$"{a} next to {b}", $"{a} beside {b}"];
        if ((first.Size, second.Size) is (ShapeSize.Large, ShapeSize.Small))
            said.AddRange([$"{a} bigger than {b}", $"{b} smaller than {a}"]);
        return said.Count == 0 ? null : draws.Pick(said);
    }

    private static bool Before(ShapeGroup first, ShapeGroup second, Func<GridCell, int> line) =>
        first.Members.Max(m => line(m.Cell)) < second.Members.Min(m => line(m.Cell));

    private static string Summary(Scene scene, SeededDraws draws) => draws.Below(4) switch
    {
        0 => $"{WorldWords.Number(scene.Objects.Length)} shapes",
        1 => $"{WorldWords.Number(scene.Objects.Length)} colorful shapes",
        2 => "some colorful shapes",
        _ => "different shapes in different colors",
    };

    private static string Some(IReadOnlyList<ShapeGroup> groups, SeededDraws draws)
    {
        var shown = draws.Sample(groups, Math.Min(groups.Count - 1, 1 + draws.Below(3)));
        return Join([.. shown.Select(g => Phrase(g, draws)), "other shapes"], draws);
    }

    private static string Phrase(ShapeGroup group, SeededDraws draws)
    {
        List<string> words = [];
        if (group.Size is { } size && draws.Chance(0.2))
            words.Add(WorldWords.Name(size));
        if (group.Color is { } color && draws.Chance(0.85))
            words.Add(WorldWords.Name(color));
        words.Add(WorldWords.Name(group.Class, group.Count));
        var noun = string.Join(' ', words);
        return Counted(group.Count, noun, draws.Chance(0.85), draws);
    }

    /// <summary>"a red circle", "two red circles"; where it is not exact, "a pair of" or "some".</summary>
    public static string Counted(int number, string noun, bool exact, SeededDraws draws)
    {
        var article = noun.StartsWith("orange", StringComparison.Ordinal) ? "an" : "a";
        return number switch
        {
            1 => $"{(draws.Chance(0.85) ? article : "one")} {noun}",
            2 when !exact => $"a pair of {noun}",
            > 2 when !exact => $"{draws.Pick(["some", "several", "a few", "many"])} {noun}",
            var count => $"{WorldWords.Number(count)} {noun}",
        };
    }

    /// <summary>"a, b and c"; sometimes "with" or a comma before the last.</summary>
    public static string Join(string[] phrases, SeededDraws draws)
    {
        if (phrases.Length == 1)
            return phrases[0];
        var last = draws.Chance(0.85) ? " and " : phrases.Length == 2 ? " with " : ", ";
        return string.Join(", ", phrases[..^1]) + last + phrases[^1];
    }

    /// <summary>The background: " on a white background".</summary>
    public static string Ground(CanvasColor canvas, SeededDraws draws) => Ground(WorldWords.Name(canvas), 1 + draws.Weighted(Grounds[1..]));

    private static string Closing(Scene scene, SeededDraws draws) => Ground(WorldWords.Name(scene.Canvas), draws.Weighted(Grounds));

    private static string Ground(string canvas, int wording) => wording switch
    {
        0 => string.Empty,
        1 => $" on a {canvas} background",
        2 => $" on {canvas}",
        _ => $", all on a {canvas} canvas",
    };
}

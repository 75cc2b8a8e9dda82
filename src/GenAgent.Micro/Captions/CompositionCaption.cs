using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>
/// What people write of a usual picture: "three red circles and two squares", "a star above a heart". What they do not say is what is usual, most
/// of the time: where nothing is said of a place the things are spread evenly in the order of the words.
/// </summary>
internal static class CompositionCaption
{
    public static string Write(IReadOnlyList<Composition> compositions, CanvasColor canvas, SeededDraws draws)
    {
        var (layout, groups) = draws.Pick(compositions);
        var phrases = groups.Select(g => Phrase(g, draws)).ToArray();
        return LooseCaption.Opening(draws) + (layout == CompositionLayout.Spread ? LooseCaption.Join(phrases, draws) : Apart(phrases[0], phrases[1], layout, draws))
            + (draws.Chance(canvas == Usual.Canvas ? 0.25 : 0.9) ? LooseCaption.Ground(canvas, draws) : string.Empty);
    }

    private static string Apart(string first, string second, CompositionLayout layout, SeededDraws draws) => draws.Pick(layout == CompositionLayout.Stacked
        ? new[]
        {
            $"{first} above {second}", $"{first} over {second}", $"{second} below {first}", $"{second} under {first}",
            $"{first} at the top and {second} at the bottom", $"{second} at the bottom and {first} at the top",
        }
        : [
            $"{first} to the left of {second}", $"{second} to the right of {first}",
            $"{first} on the left and {second} on the right", $"{second} on the right and {first} on the left",
        ]);

    private static string Phrase(ShapeGroup group, SeededDraws draws)
    {
        List<string> words = [];
        if (group.Size is { } size && draws.Chance(size == Usual.Size ? 0.15 : 0.8))
            words.Add(WorldWords.Name(size));
        if (group.Color is { } color && draws.Chance(color == Usual.Color(group.Class) ? 0.5 : 0.97))
            words.Add(WorldWords.Name(color));
        words.Add(WorldWords.Name(group.Class, group.Count));
        return LooseCaption.Counted(group.Count, string.Join(' ', words), exact: draws.Chance(0.95), draws);
    }
}

using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>
/// How people describe a usual picture: "three red circles and two squares", "a star above a heart". They mostly omit what is usual: without places, the
/// groups are one above the other in the order of the words.
/// </summary>
internal static class CompositionCaption
{
    public static string Write(Composition composition, CanvasColor canvas, SeededDraws draws)
    {
        var phrases = composition.Groups.Select(g => Phrase(g, draws)).ToArray();
        var apart = phrases.Length == 2 && (composition.InColumns || draws.Chance(0.4));
        return LooseCaption.Opening(draws) + (apart ? Apart(phrases[0], phrases[1], composition.InColumns, draws) : LooseCaption.Join(phrases, draws))
            + (draws.Chance(canvas == Usual.Canvas ? 0.25 : 0.9) ? LooseCaption.Ground(canvas, draws) : string.Empty);
    }

    private static string Apart(string first, string second, bool inColumns, SeededDraws draws) => draws.Pick(inColumns
        ? new[]
        {
            $"{first} to the left of {second}", $"{second} to the right of {first}",
            $"{first} on the left and {second} on the right", $"{second} on the right and {first} on the left",
        }
        : [
            $"{first} above {second}", $"{first} over {second}", $"{second} below {first}", $"{second} under {first}",
            $"{first} at the top and {second} at the bottom", $"{second} at the bottom and {first} at the top",
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

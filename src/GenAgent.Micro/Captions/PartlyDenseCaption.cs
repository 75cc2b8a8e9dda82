using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>Lists every object, but leaves out some sizes, cells or colours, or the background, and may change the order.</summary>
internal static class PartlyDenseCaption
{
    public static string Write(Scene scene, SeededDraws draws)
    {
        // An attribute is omitted throughout or only sometimes: both happen.
        var (size, color, cell) = (Keep(draws, 0.5), Keep(draws, 0.85), Keep(draws, 0.6));
        var objects = scene.Objects.ToArray();
        if (draws.Chance(0.3))
            draws.Shuffle<SceneObject>(objects);

        var phrases = objects.Select(o => string.Join(' ', Words(o, draws, size, color, cell)));
        var separator = draws.Chance(0.4) ? ", " : " ";
        var text = string.Join(separator, phrases);
        return draws.Weighted([0.5, 0.3, 0.2]) switch
        {
            0 => text,
            1 => $"{text}{separator}{WorldWords.Name(scene.Canvas)} background",
            _ => $"{text} on a {WorldWords.Name(scene.Canvas)} background",
        };
    }

    private static double Keep(SeededDraws draws, double always) => draws.Chance(always) ? 1 : draws.Pick<double>([0, 0.5]);

    private static IEnumerable<string> Words(SceneObject item, SeededDraws draws, double size, double color, double cell)
    {
        if (draws.Chance(size))
            yield return WorldWords.Name(item.Size);
        if (draws.Chance(color))
            yield return WorldWords.Name(item.Color);
        yield return WorldWords.Name(item.Class);
        if (draws.Chance(cell))
            yield return WorldWords.Name(item.Cell);
    }
}

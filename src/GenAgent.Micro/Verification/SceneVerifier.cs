using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>Compares a reading with the scene of a dense caption; trainers use this to evaluate their own captions. Pure.</summary>
public static class SceneVerifier
{
    /// <summary>Compares cell by cell: class, colour and size of every object, and nothing elsewhere. One check an object and one for the rest.</summary>
    /// <param name="reading">The reading of the image.</param>
    /// <param name="scene">The scene.</param>
    /// <returns>A check for each object and cell; the image passes if all do.</returns>
    public static Verdict Verify(SceneReading reading, Scene scene)
    {
        ArgumentNullException.ThrowIfNull(reading);
        ArgumentNullException.ThrowIfNull(scene);
        var left = reading.Objects.ToList();
        List<Check> checks = [];
        List<ErrorKind> errors = [];
        foreach (var item in scene.Objects)
        {
            var candidates = left.Where(o => o.Cell == item.Cell).ToArray();
            var found = candidates.FirstOrDefault(o => Error(o, item) is null) ?? candidates.FirstOrDefault();
            var error = found is null ? ErrorKind.Missing : Error(found, item);
            if (found is not null)
                left.Remove(found);
            if (error is { } kind)
                errors.Add(kind);
            checks.Add(new(
                $"Object at {WorldWords.Name(item.Cell)}", error is null, Words(item.Size, item.Color, item.Class),
                found is null ? "nothing" : found.IsClear ? Words(found.Size, found.Color, found.Class) : $"something unclear ({found.Doubt})"));
        }

        errors.AddRange(left.Select(o => !o.IsClear ? ErrorKind.Unclear : scene.Objects.Any(s => Error(o, s) is null) ? ErrorKind.Doubled : ErrorKind.Extra));
        var others = string.Join(", ", left.Select(o => $"{Words(o.Size, o.Color, o.Class)} at {WorldWords.Name(o.Cell)}"));
        checks.Add(new("Anything else", left.Count == 0, "nothing", left.Count == 0 ? "nothing" : others));
        return new(checks, errors);
    }

    private static ErrorKind? Error(SeenObject found, SceneObject item)
    {
        if (!found.IsClear)
            return ErrorKind.Unclear;
        if (found.Class != item.Class)
            return ErrorKind.WrongClass;
        if (found.Color != item.Color)
            return ErrorKind.WrongColor;
        return found.Size == item.Size ? null : ErrorKind.WrongSize;
    }

    private static string Words(ShapeSize size, ShapeColor color, ShapeClass kind) =>
        $"{WorldWords.Name(size)} {WorldWords.Name(color)} {WorldWords.Name(kind)}";
}

using GenAgent.Micro.Captions;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Perception;

/// <summary>
/// Questions about an image, answered from the verifier's reading; the same for rendered and generated images. A question that does not apply to an image
/// (nothing clear to compare) becomes a description. Pure.
/// </summary>
internal static class ImageQuestions
{
    /// <summary>The question that asks for a description.</summary>
    public const string DescribeQuestion = "describe the image";

    public static PerceptionExample Ask(PerceptionKind kind, SeededDraws draws, RgbImage image, SceneReading reading, KnownRequest? prompt) => kind switch
    {
        PerceptionKind.Judge when prompt is not null => new(kind, image, $"judge: {prompt.Text}", JudgeWords.Section(reading, prompt.Constraints)),
        PerceptionKind.OwnWords when prompt is not null => OwnWords(draws, image, reading, prompt),
        PerceptionKind.Count => Count(draws, image, reading),
        PerceptionKind.Color => Color(draws, image, reading),
        PerceptionKind.Where => Where(draws, image, reading),
        PerceptionKind.Larger => Larger(draws, image, reading),
        _ => Describe(image, reading),
    };

    private static PerceptionExample Describe(RgbImage image, SceneReading reading) =>
        new(PerceptionKind.Describe, image, DescribeQuestion, CanonicalWords.Of(reading));

    /// <summary>After a description the answer follows from these words, not from the image or the request.</summary>
    private static PerceptionExample OwnWords(SeededDraws draws, RgbImage image, SceneReading reading, KnownRequest prompt)
    {
        var said = SceneMistakes.Misread(reading, draws);
        var (description, rest) = JudgeWords.Cut(JudgeWords.Section(said, prompt.Constraints));
        return new(PerceptionKind.OwnWords, image, $"judge: {prompt.Text}", rest) { Given = description };
    }

    /// <summary>Mostly about something in the image, sometimes about something absent.</summary>
    private static PerceptionExample Count(SeededDraws draws, RgbImage image, SceneReading reading)
    {
        var clear = reading.Objects.Where(o => o.IsClear).ToList();
        var shown = clear.Count > 0 && draws.Chance(0.8) ? draws.Pick(clear) : null;
        var kind = shown?.Class ?? draws.Pick(World.Classes);
        var color = draws.Chance(0.5) ? shown?.Color ?? draws.Pick(World.Colors) : (ShapeColor?)null;
        var found = reading.Objects.Count(o => o.IsA(kind, color));
        var what = color is { } c ? $"{WorldWords.Name(c)} {WorldWords.Plural(kind)}" : WorldWords.Plural(kind);
        return new(PerceptionKind.Count, image, $"how many {what}", CanonicalWords.Number(found));
    }

    private static PerceptionExample Color(SeededDraws draws, RgbImage image, SceneReading reading)
    {
        var alone = Alone(reading).ToList();
        if (alone.Count == 0)
            return Describe(image, reading);
        var item = draws.Pick(alone);
        return new(PerceptionKind.Color, image, $"which color is the {WorldWords.Name(item.Class)} {WorldWords.Name(item.Cell)}", WorldWords.Name(item.Color));
    }

    /// <summary>All the cells of a kind, in reading order.</summary>
    private static PerceptionExample Where(SeededDraws draws, RgbImage image, SceneReading reading)
    {
        var clear = reading.Objects.Where(o => o.IsClear).ToList();
        if (clear.Count == 0)
            return Describe(image, reading);
        var (kind, color) = draws.Pick([.. clear.Select(o => (o.Class, o.Color)).Distinct()]);
        var cells = clear.Where(o => o.Class == kind && o.Color == color).Select(o => WorldWords.Name(o.Cell));
        return new(PerceptionKind.Where, image, $"where is {WorldWords.Name(color)} {WorldWords.Name(kind)}", string.Join(' ', cells));
    }

    private static PerceptionExample Larger(SeededDraws draws, RgbImage image, SceneReading reading)
    {
        var alone = Alone(reading).ToList();
        if (alone.Select(o => o.Size).Distinct().Count() < 2)
            return Describe(image, reading);
        var pair = new[] { draws.Pick([.. alone.Where(o => o.Size == ShapeSize.Large)]), draws.Pick([.. alone.Where(o => o.Size == ShapeSize.Small)]) };
        var large = Words(pair[0]);
        draws.Shuffle<SeenObject>(pair);
        return new(PerceptionKind.Larger, image, $"what is larger, {Words(pair[0])} or {Words(pair[1])}", large);
    }

    private static string Words(SeenObject item) => $"{WorldWords.Name(item.Color)} {WorldWords.Name(item.Class)} {WorldWords.Name(item.Cell)}";

    /// <summary>The clear objects that are alone in their cells, so that a place identifies them.</summary>
    private static IEnumerable<SeenObject> Alone(SceneReading reading) =>
        reading.Objects.Where(o => o.IsClear && reading.Objects.Count(x => x.Cell == o.Cell) == 1);
}

using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>
/// The caption that says everything: four words per object in reading order, as <c>large red circle top-left</c>, then the background,
/// as <c>white background</c>; no commas. At most 30 words.
/// </summary>
public static class DenseCaption
{
    /// <summary>The most words that a dense caption has.</summary>
    public const int MaxWords = (4 * World.MaxObjects) + 2;

    /// <summary>Writes the caption; the same scene, up to its jitter, gives the same words.</summary>
    /// <param name="scene">The scene.</param>
    /// <returns>The caption.</returns>
    public static string Write(Scene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        return string.Join(' ', scene.Objects.Select(Phrase).Append($"{WorldWords.Name(scene.Canvas)} background"));
    }

    private static string Phrase(SceneObject item) =>
        $"{WorldWords.Name(item.Size)} {WorldWords.Name(item.Color)} {WorldWords.Name(item.Class)} {WorldWords.Name(item.Cell)}";
}

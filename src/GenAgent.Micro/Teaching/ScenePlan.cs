using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Teaching;

/// <summary>A group of a plan: equal objects and their cells.</summary>
/// <param name="Size">How big they are.</param>
/// <param name="Color">Their colour.</param>
/// <param name="Class">What they are.</param>
/// <param name="Cells">Where they are, in reading order.</param>
public sealed record PlannedGroup(ShapeSize Size, ShapeColor Color, ShapeClass Class, IReadOnlyList<GridCell> Cells)
{
    /// <summary>The words that begin each of the group's objects in a caption, such as <c>large red circle</c>.</summary>
    public string Head => $"{WorldWords.Name(Size)} {WorldWords.Name(Color)} {WorldWords.Name(Class)}";
}

/// <summary>An agent's plan before it writes a caption: an arrangement by name, and every group with its cells. Immutable.</summary>
/// <param name="Arrangement">The arrangement's name, as <c>top</c>.</param>
/// <param name="Groups">The groups in the order in which their first cells are read.</param>
/// <param name="Canvas">The background.</param>
public sealed record ScenePlan(string Arrangement, IReadOnlyList<PlannedGroup> Groups, CanvasColor Canvas)
{
    /// <summary>The planned scene, every object in the middle of its cell.</summary>
    public Scene Scene => new(Canvas, Groups.SelectMany(g => g.Cells.Select(c => new SceneObject(g.Class, g.Color, g.Size, c))));

    /// <summary>The dense caption.</summary>
    public string Caption => DenseCaption.Write(Scene);

    /// <summary>
    /// The plan in words, as <c>top: large red circle top-left top-center, large blue square top-right, white</c>: the caption is a left-to-right copy of it.
    /// </summary>
    public string Words =>
        $"{Arrangement}: {string.Concat(Groups.Select(g => $"{g.Head} {string.Join(' ', g.Cells.Select(WorldWords.Name))}, "))}{WorldWords.Name(Canvas)}";
}

using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>How the groups of a usual picture stand.</summary>
internal enum CompositionLayout
{
    /// <summary>One after the other, in reading order, over evenly spread cells.</summary>
    Spread,

    /// <summary>The first on the left, the second on the right.</summary>
    SideBySide,

    /// <summary>The first at the top, the second at the bottom.</summary>
    Stacked,
}

/// <summary>A scene that is arranged as <see cref="Usual"/> says: up to three groups of like objects in their usual cells.</summary>
/// <param name="Layout">How they stand.</param>
/// <param name="Groups">Each of one class, colour and size; in the order that the layout names them in.</param>
internal sealed record Composition(CompositionLayout Layout, IReadOnlyList<ShapeGroup> Groups)
{
    public const int MaxGroups = 3;

    /// <summary>Every way to see a scene as a composition: two groups of two are spread, and stand apart as well. Empty where its objects are scattered.</summary>
    public static IReadOnlyList<Composition> Of(Scene scene)
    {
        var groups = ShapeGroup.Of(scene, byColor: true);
        if (groups.Count is 0 or > MaxGroups || groups.Any(g => g.Size is null))
            return [];
        List<Composition> found = [];
        AddIf(CompositionLayout.Spread, groups, Usual.Cells(scene.Objects.Length));
        if (groups is [{ Count: <= Usual.MaxApart } a, { Count: <= Usual.MaxApart } b])
        {
            foreach (var (first, second) in new[] { (a, b), (b, a) })
            {
                AddIf(CompositionLayout.SideBySide, [first, second], Usual.Apart(first.Count, second.Count, vertical: false));
                AddIf(CompositionLayout.Stacked, [first, second], Usual.Apart(first.Count, second.Count, vertical: true));
            }
        }

        return found;

        void AddIf(CompositionLayout layout, IReadOnlyList<ShapeGroup> inOrder, IEnumerable<GridCell> cells)
        {
            if (cells.SequenceEqual(inOrder.SelectMany(g => g.Members.Select(m => m.Cell))))
                found.Add(new(layout, inOrder));
        }
    }
}

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
/// <param name="Groups">Each of one class, colour and size; in the order in which they are met.</param>
/// <param name="Layouts">Every layout that the cells agree with; at least one.</param>
internal sealed record Composition(IReadOnlyList<ShapeGroup> Groups, IReadOnlyList<CompositionLayout> Layouts)
{
    public const int MaxGroups = 3;

    /// <summary>The composition of a scene, or null where its objects are scattered.</summary>
    public static Composition? Of(Scene scene)
    {
        var groups = ShapeGroup.Of(scene, byColor: true);
        if (groups.Count is 0 or > MaxGroups || groups.Any(g => g.Size is null))
            return null;
        var cells = groups.SelectMany(g => g.Members.Select(m => m.Cell)).ToArray();
        List<CompositionLayout> layouts = [];
        if (cells.SequenceEqual(Usual.Cells(cells.Length)))
            layouts.Add(CompositionLayout.Spread);
        if (groups is [{ Count: <= Usual.MaxApart and var first }, { Count: <= Usual.MaxApart and var second }])
        {
            if (cells.SequenceEqual(Usual.Apart(first, second, vertical: false)))
                layouts.Add(CompositionLayout.SideBySide);
            if (cells.SequenceEqual(Usual.Apart(first, second, vertical: true)))
                layouts.Add(CompositionLayout.Stacked);
        }

        return layouts.Count == 0 ? null : new(groups, layouts);
    }
}

using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>A scene arranged by <see cref="Usual"/>: up to three groups of equal objects in their usual cells.</summary>
/// <param name="InColumns">Whether the groups are side by side instead of one above the other.</param>
/// <param name="Groups">Each of one class, colour and size; from the top or from the left.</param>
internal sealed record Composition(bool InColumns, IReadOnlyList<ShapeGroup> Groups)
{
    /// <summary>The composition of a scene; null if its objects are scattered.</summary>
    public static Composition? Of(Scene scene)
    {
        var groups = ShapeGroup.Of(scene, byColor: true);
        if (groups.Count is 0 or > Usual.MaxGroups || groups.Any(g => g.Size is null) || (groups.Count > 1 && groups.Any(g => g.Count > Usual.MaxInLine)))
            return null;
        if (Fit(groups, columns: false))
            return new(InColumns: false, groups);
        ShapeGroup[] fromLeft = [.. groups.OrderBy(g => g.Members.Min(m => m.Cell.Column()))];
        return Fit(fromLeft, columns: true) ? new(InColumns: true, fromLeft) : null;
    }

    private static bool Fit(IReadOnlyList<ShapeGroup> groups, bool columns) =>
        Usual.Cells([.. groups.Select(g => g.Count)], columns).SequenceEqual(groups.SelectMany(g => g.Members.Select(m => m.Cell)));
}

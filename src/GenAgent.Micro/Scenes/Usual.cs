namespace GenAgent.Micro.Scenes;

/// <summary>
/// The usual composition of a picture: large objects on white, pink hearts and yellow stars, one kind spread evenly over the grid, two or three kinds each
/// in its own line. Most pictures with short captions look like this, so a generator can learn what the words omit.
/// </summary>
public static class Usual
{
    /// <summary>The most objects in a line.</summary>
    public const int MaxInLine = World.GridSize;

    /// <summary>The most groups: one a line.</summary>
    public const int MaxGroups = World.GridSize;

    private static readonly int[][] Spread = [[], [4], [3, 5], [0, 4, 8], [0, 2, 6, 8], [0, 2, 4, 6, 8], [0, 2, 3, 5, 6, 8], [0, 2, 3, 4, 5, 6, 8]];
    private static readonly int[][] Line = [[], [1], [0, 2], [0, 1, 2]];

    /// <summary>The usual background.</summary>
    public const CanvasColor Canvas = CanvasColor.White;

    /// <summary>The usual size.</summary>
    public const ShapeSize Size = ShapeSize.Large;

    /// <summary>The usual colour of a class.</summary>
    /// <param name="kind">The class.</param>
    /// <returns>The colour.</returns>
    public static ShapeColor Color(ShapeClass kind) => kind switch
    {
        ShapeClass.Circle => ShapeColor.Orange,
        ShapeClass.Square => ShapeColor.Brown,
        ShapeClass.Triangle => ShapeColor.Green,
        ShapeClass.Star => ShapeColor.Yellow,
        ShapeClass.Cross => ShapeColor.Red,
        ShapeClass.Ring => ShapeColor.Purple,
        ShapeClass.Heart => ShapeColor.Pink,
        ShapeClass.Diamond => ShapeColor.Blue,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such class."),
    };

    /// <summary>Each group's cells: a group alone is spread evenly, two have the first and the last row (or column), three have one each.</summary>
    /// <param name="counts">Objects of each group, in order; one to <see cref="MaxGroups"/> groups, of at most <see cref="MaxInLine"/> where there are
    /// several.</param>
    /// <param name="columns">Whether several groups are in columns from the left instead of rows from the top.</param>
    /// <returns>The cells of each group, in the groups' order.</returns>
    public static IEnumerable<GridCell> Cells(IReadOnlyList<int> counts, bool columns = false)
    {
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.Count == 1)
            return Spread[counts[0]].Select(i => (GridCell)i);
        return counts.SelectMany((count, g) => Line[count].Select(along => (Line: counts.Count == 2 ? 2 * g : g, Along: along)))
            .Select(place => columns ? World.CellAt(place.Along, place.Line) : World.CellAt(place.Line, place.Along));
    }
}

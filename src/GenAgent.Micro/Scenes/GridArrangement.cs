namespace GenAgent.Micro.Scenes;

/// <summary>Cells for groups that are entirely on one side of each other.</summary>
internal static class GridArrangement
{
    /// <summary>Cells for two groups along a random axis: the first group's cells, then the second's.</summary>
    public static GridCell[] Apart(SeededDraws draws, int first, int second) =>
        Apart(draws, first, second, vertical: draws.Chance(0.5), firstBefore: draws.Chance(0.5));

    /// <summary>Cells for two groups: the first group's cells, then the second's. Together they need at most nine cells, in whole rows or columns.</summary>
    /// <remarks>
    /// Above and below when <paramref name="vertical"/>, else left and right; the first group is the upper or left one when <paramref name="firstBefore"/>.
    /// </remarks>
    public static GridCell[] Apart(SeededDraws draws, int first, int second, bool vertical, bool firstBefore)
    {
        var (before, after) = firstBefore ? (first, second) : (second, first);
        var firstSplit = (before + World.GridSize - 1) / World.GridSize;
        var lastSplit = World.GridSize - ((after + World.GridSize - 1) / World.GridSize);
        if (firstSplit > lastSplit)
            throw new ArgumentException($"Groups of {first} and {second} objects do not fit side by side into the grid.", nameof(second));

        var split = firstSplit + draws.Below(lastSplit - firstSplit + 1);
        var beforeCells = draws.Sample(World.Cells.Where(c => Line(c, vertical) < split).ToArray(), before);
        var afterCells = draws.Sample(World.Cells.Where(c => Line(c, vertical) >= split).ToArray(), after);
        return firstBefore ? [.. beforeCells, .. afterCells] : [.. afterCells, .. beforeCells];
    }

    private static int Line(GridCell cell, bool vertical) => vertical ? cell.Row() : cell.Column();
}

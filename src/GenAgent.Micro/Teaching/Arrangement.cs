using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Teaching;

/// <summary>Cells for groups.</summary>
/// <param name="Name">What it is called, in one word.</param>
/// <param name="Cells">Each group's cells in reading order; the groups as they were asked for.</param>
internal sealed record Arrangement(string Name, IReadOnlyList<GridCell[]> Cells)
{
    private static readonly GridCell[] All = [.. World.Cells];

    /// <summary>
    /// Every arrangement of these groups that the agent knows. They are few and regular, so that a small model can learn them: groups without a place fill
    /// the grid one after the other; two groups on opposite sides fill the outer columns or rows; groups with a place take it, and the others fill the
    /// remaining cells (<see cref="PlacedArrangement"/>). Empty if none fits into the grid.
    /// </summary>
    public static IReadOnlyList<Arrangement> Of(IReadOnlyList<ConstraintGroup> groups)
    {
        if (groups.Any(g => g.IsPlaced))
            return PlacedArrangement.Of(groups);
        if (groups.All(g => g.Region is null))
            return groups.Sum(g => g.Count) <= World.MaxObjects ? Free(groups) : [];
        if (groups is not [{ Region: { } first } a, { Region: { } second } b])
            return PlacedArrangement.Of(groups);
        return (first, second) switch
        {
            (Region.Left, Region.Right) => Apart(a.Count, b.Count, vertical: false, swap: false),
            (Region.Right, Region.Left) => Apart(b.Count, a.Count, vertical: false, swap: true),
            (Region.Above, Region.Below) => Apart(a.Count, b.Count, vertical: true, swap: false),
            (Region.Below, Region.Above) => Apart(b.Count, a.Count, vertical: true, swap: true),
            _ => [],
        };
    }

    private static List<Arrangement> Free(IReadOnlyList<ConstraintGroup> groups)
    {
        var total = groups.Sum(g => g.Count);
        return [new("top", Deal(groups, All[..total])), new("bottom", Deal(groups, All[^total..])), new("spread", Deal(groups, [.. Usual.Cells([total])]))];
    }

    /// <summary>
    /// The groups stay in the requested order: a model that sometimes reverses their order soon also confuses their numbers (docs/lab).
    /// </summary>
    private static GridCell[][] Deal(IReadOnlyList<ConstraintGroup> groups, GridCell[] cells)
    {
        var dealt = new GridCell[groups.Count][];
        var next = 0;
        for (var g = 0; g < groups.Count; next += groups[g++].Count)
            dealt[g] = cells[next..(next + groups[g].Count)];
        return dealt;
    }

    /// <summary>The first group takes the left columns (or upper rows) that it needs, the second the right (or lower) ones.</summary>
    private static List<Arrangement> Apart(int first, int second, bool vertical, bool swap)
    {
        var (firstLines, secondLines) = (Lines(first), Lines(second));
        if (firstLines + secondLines > World.GridSize)
            return [];
        var here = All.Where(c => Line(c) < firstLines).ToArray();
        var there = All.Where(c => Line(c) >= World.GridSize - secondLines).ToArray();
        var (start, end) = vertical ? ("left", "right") : ("top", "bottom");
        return
        [
            Make(start, here[..first], there[..second]),
            Make(end, here[^first..], there[^second..]),
            Make("falling", here[..first], there[^second..]),
            Make("rising", here[^first..], there[..second]),
        ];

        int Line(GridCell cell) => vertical ? cell.Row() : cell.Column();
        static int Lines(int count) => (count + World.GridSize - 1) / World.GridSize;
        Arrangement Make(string name, GridCell[] a, GridCell[] b) => new(name, swap ? [b, a] : [a, b]);
    }
}

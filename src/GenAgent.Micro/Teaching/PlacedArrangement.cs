using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Teaching;

/// <summary>
/// Cells for groups some of which have a fixed place, or for more than two arranged groups: first fixed cells, then rows and columns, then sides, then the
/// remaining cells, each in the requested order. The verifier checks whether the sides are right.
/// </summary>
internal static class PlacedArrangement
{
    /// <summary>The arrangements <c>placed</c> (open groups fill the grid from its start) and <c>low</c> (from its end), if they fit.</summary>
    public static IReadOnlyList<Arrangement> Of(IReadOnlyList<ConstraintGroup> groups)
    {
        if (groups.Sum(g => g.Count) > World.MaxObjects)
            return [];
        GridCell[] reading = [.. World.Cells];
        var placed = Fill(groups, reading);
        var low = Fill(groups, [.. reading.Reverse()]);
        List<Arrangement> all = [];
        if (placed is not null)
            all.Add(new("placed", placed));
        if (low is not null && (placed is null || !placed.Zip(low).All(pair => pair.First.SequenceEqual(pair.Second))))
            all.Add(new("low", low));
        return all;
    }

    private static GridCell[][]? Fill(IReadOnlyList<ConstraintGroup> groups, GridCell[] order)
    {
        var dealt = new GridCell[]?[groups.Count];
        HashSet<GridCell> free = [.. order];
        var fits = true;
        Deal(g => g.Cells is not null, _ => order);
        Deal(g => g.IsPlaced, _ => order);
        Deal(g => g.Region is not null, Side);
        Deal(_ => true, _ => order);
        return fits ? [.. dealt.Select(cells => cells!)] : null;

        void Deal(Func<ConstraintGroup, bool> takes, Func<ConstraintGroup, GridCell[]> from)
        {
            for (var g = 0; g < groups.Count && fits; g++)
            {
                if (dealt[g] is not null || !takes(groups[g]))
                    continue;
                GridCell[] cells = [.. from(groups[g]).Where(c => free.Contains(c) && groups[g].Allows(c)).Take(groups[g].Count)];
                fits = cells.Length == groups[g].Count;
                free.ExceptWith(cells);
                dealt[g] = [.. cells.Order()];
            }
        }

        // The whole lines from the side's edge that all groups of that side need.
        GridCell[] Side(ConstraintGroup group)
        {
            var region = group.Region!.Value;
            var needed = groups.Where((g, i) => g.Region == region && dealt[i] is null).Sum(g => g.Count);
            for (var lines = 1; lines < World.GridSize; lines++)
            {
                GridCell[] cells = [.. order.Where(c => LineFrom(c, region) < lines)];
                if (cells.Count(free.Contains) >= needed)
                    return cells;
            }

            return order;
        }
    }

    private static int LineFrom(GridCell cell, Region region) => region switch
    {
        Region.Above => cell.Row(),
        Region.Below => World.GridSize - 1 - cell.Row(),
        Region.Left => cell.Column(),
        _ => World.GridSize - 1 - cell.Column(),
    };
}

using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Prompts;

/// <summary>
/// Rewrites a prompt as a perfect agent would: from its constraints to a dense caption that meets them. Open values (colours, sizes, places, background)
/// are drawn from the seed. Pure.
/// </summary>
public static class OracleRewriter
{
    private const int MaxDraws = 2000;

    /// <summary>A dense caption that meets the constraints.</summary>
    /// <param name="constraints">The constraints.</param>
    /// <param name="seed">The node of the seed tree that all random choices derive from.</param>
    /// <returns>The caption; the same seed gives the same one.</returns>
    /// <exception cref="ArgumentException">The constraints cannot be met in this world.</exception>
    public static string Rewrite(PromptConstraints constraints, SeedPath seed) => DenseCaption.Write(Satisfy(constraints, seed));

    /// <summary>A scene that meets the constraints.</summary>
    /// <param name="constraints">The constraints.</param>
    /// <param name="seed">The node of the seed tree that all random choices derive from.</param>
    /// <returns>The scene; the same seed gives the same one.</returns>
    /// <exception cref="ArgumentException">The constraints cannot be met in this world.</exception>
    public static Scene Satisfy(PromptConstraints constraints, SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(constraints);
        ArgumentNullException.ThrowIfNull(seed);
        return TrySatisfy(constraints, seed) ?? throw new ArgumentException("No scene of the miniature world meets the constraints.", nameof(constraints));
    }

    /// <summary>A scene that meets the constraints; null if none was found.</summary>
    /// <exception cref="ArgumentException">The constraints ask for what this world does not have.</exception>
    internal static Scene? TrySatisfy(PromptConstraints constraints, SeedPath seed)
    {
        var asked = ConstraintSet.Parse(constraints);
        var groups = asked.Include;
        var total = groups.Sum(g => g.Count);
        if (total > World.MaxObjects)
            throw new ArgumentException($"The constraints ask for {total} objects, but a scene holds at most {World.MaxObjects}.", nameof(constraints));

        var draws = new SeededDraws(seed);
        for (var i = 0; i < MaxDraws; i++)
        {
            var scene = Draw(asked, draws);
            if (scene is not null && ConstraintVerifier.Verify(SceneReading.Of(scene), constraints).Passed)
                return scene;
        }

        return null;
    }

    private static Scene? Draw(ConstraintSet asked, SeededDraws draws)
    {
        if (Cells(asked.Include, draws) is not { } cells)
            return null;
        List<SceneObject> objects = [];
        foreach (var group in asked.Include)
        {
            var color = group.Color ?? draws.Pick(asked.Colors(group));
            var size = group.Relative switch
            {
                RelativeSize.Larger => ShapeSize.Large,
                RelativeSize.Smaller => ShapeSize.Small,
                _ => group.Size ?? (draws.Chance(0.5) ? ShapeSize.Large : ShapeSize.Small),
            };
            for (var i = 0; i < group.Count; i++)
                objects.Add(SceneSampler.Place(draws, group.Class, color, size, cells[objects.Count]));
        }

        return new Scene(asked.Canvas ?? draws.Pick(World.Canvases), objects);
    }

    /// <summary>A cell for each object, group by group; null if the draws leave no room for a group with a fixed place.</summary>
    private static GridCell[]? Cells(IReadOnlyList<ConstraintGroup> groups, SeededDraws draws)
    {
        if (groups.Any(g => g.IsPlaced))
            return Placed(groups, draws);
        if (groups is [{ Region: { } first } a, { Region: not null } b])
            return GridArrangement.Apart(
                draws, a.Count, b.Count, vertical: first is Region.Above or Region.Below, firstBefore: first is Region.Above or Region.Left);
        return draws.Sample(World.Cells, groups.Sum(g => g.Count));
    }

    private static GridCell[]? Placed(IReadOnlyList<ConstraintGroup> groups, SeededDraws draws)
    {
        List<GridCell> free = [.. World.Cells];
        var dealt = new GridCell[groups.Count][];
        foreach (var (group, at) in groups.Select((group, at) => (group, at)).OrderBy(g => g.group.Cells is not null ? 0 : g.group.IsPlaced ? 1 : 2))
        {
            GridCell[] allowed = [.. free.Where(group.Allows)];
            if (allowed.Length < group.Count)
                return null;
            dealt[at] = draws.Sample(allowed, group.Count);
            free.RemoveAll(dealt[at].Contains);
        }

        return [.. dealt.SelectMany(cells => cells)];
    }
}

using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Prompts;

/// <summary>
/// Rewrites a prompt as an all-knowing agent would: from its constraints to one dense caption that meets them, with all that is open
/// (colours, sizes, places, background) drawn from the seed. Pure.
/// </summary>
public static class OracleRewriter
{
    private const int MaxDraws = 2000;

    /// <summary>A dense caption that meets the constraints.</summary>
    /// <exception cref="ArgumentException">The constraints cannot be met in this world.</exception>
    public static string Rewrite(PromptConstraints constraints, SeedPath seed) => DenseCaption.Write(Satisfy(constraints, seed));

    /// <summary>A scene that meets the constraints.</summary>
    /// <exception cref="ArgumentException">The constraints cannot be met in this world.</exception>
    public static Scene Satisfy(PromptConstraints constraints, SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(constraints);
        ArgumentNullException.ThrowIfNull(seed);
        List<ConstraintGroup> groups = [];
        foreach (var constraint in constraints.Include)
        {
            if (!ConstraintGroup.TryParse(constraint, out var group, out var error))
                throw new ArgumentException($"The miniature world has {error}.", nameof(constraints));
            groups.Add(group);
        }

        var total = groups.Sum(g => g.Count);
        if (total > World.MaxObjects)
            throw new ArgumentException($"The constraints ask for {total} objects, but a scene holds at most {World.MaxObjects}.", nameof(constraints));

        var draws = new SeededDraws(seed);
        for (var i = 0; i < MaxDraws; i++)
        {
            var scene = Draw(groups, draws);
            if (ConstraintVerifier.Verify(SceneReading.Of(scene), constraints).Passed)
                return scene;
        }

        throw new ArgumentException("No scene of the miniature world meets the constraints.", nameof(constraints));
    }

    private static Scene Draw(List<ConstraintGroup> groups, SeededDraws draws)
    {
        var cells = Cells(groups, draws);
        List<SceneObject> objects = [];
        foreach (var group in groups)
        {
            var color = group.Color ?? draws.Pick(World.Colors);
            var size = group.Size switch
            {
                RelativeSize.Larger => ShapeSize.Large,
                RelativeSize.Smaller => ShapeSize.Small,
                _ => draws.Chance(0.5) ? ShapeSize.Large : ShapeSize.Small,
            };
            for (var i = 0; i < group.Count; i++)
                objects.Add(SceneSampler.Place(draws, group.Class, color, size, cells[objects.Count]));
        }

        return new Scene(draws.Pick(World.Canvases), objects);
    }

    private static GridCell[] Cells(List<ConstraintGroup> groups, SeededDraws draws)
    {
        if (groups is [{ Region: { } first } a, { Region: not null } b])
            return GridArrangement.Apart(draws, a.Count, b.Count, vertical: first is Region.Above or Region.Below, firstBefore: first is Region.Above or Region.Left);
        return draws.Sample(World.Cells, groups.Sum(g => g.Count));
    }
}

using GenAgent.Evaluation.Reports;
using GenAgent.Judging;
using GenAgent.Micro.Canvas;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Teaching;

/// <summary>
/// Plans scenes that meet constraints: every plan passes <see cref="ConstraintVerifier"/>. Open values are drawn from the seed, with few choices: an
/// arrangement, a colour for each group that has none, the background; sizes are large unless requested otherwise. Pure, safe to use from many tasks at
/// once.
/// </summary>
public static class ScenePlanner
{
    private const int MaxDraws = 50;
    private const int AvoidingDraws = 4;

    /// <summary>A first plan.</summary>
    /// <param name="asked">What is asked for.</param>
    /// <param name="seed">Decides the open choices.</param>
    /// <param name="avoid">Scenes to avoid if there are others, for instance those that a benchmark holds out.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="ArgumentException">The constraints cannot be met in this world.</exception>
    public static ScenePlan First(PromptConstraints asked, SeedPath seed, Func<Scene, bool>? avoid = null)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(seed);
        var draws = new SeededDraws(seed);
        var canvas = World.Canvases[draws.Weighted([0.5, 0.25, 0.25])];
        return Choose(() => Shuffled(Candidates(asked, draws, canvas, ShapeSize.Large, taken: null), draws), avoid)
            ?? Searched(asked, seed) ?? throw new ArgumentException("No scene of the miniature world meets the constraints.", nameof(asked));
    }

    /// <summary>Whether a regular arrangement meets the constraints, so that no search is needed.</summary>
    /// <exception cref="ArgumentException">The constraints ask for what this world does not have.</exception>
    internal static bool CanMeet(PromptConstraints asked) => Candidates(asked, new SeededDraws(0), World.Canvases[0], ShapeSize.Large, taken: null).Length > 0;

    /// <summary>The plan of a scene; null if no regular arrangement has these cells.</summary>
    /// <exception cref="ArgumentException">The constraints ask for what this world does not have.</exception>
    internal static ScenePlan? Behind(Scene scene, PromptConstraints asked)
    {
        var groups = ConstraintSet.Parse(asked).Include;
        foreach (var arrangement in Arrangement.Of(groups))
        {
            SceneObject?[] first = [.. arrangement.Cells.Select(cells => scene.Objects.FirstOrDefault(o => o.Cell == cells[0]))];
            if (!first.All(item => item is not null))
                continue;
            var plan = new ScenePlan(
                arrangement.Name,
                [.. groups.Select((g, i) => new PlannedGroup(first[i]!.Size, first[i]!.Color, g.Class, arrangement.Cells[i])).OrderBy(g => g.Cells[0])],
                scene.Canvas);
            if (string.Equals(plan.Caption, DenseCaption.Write(scene), StringComparison.Ordinal))
                return plan;
        }

        return null;
    }

    /// <summary>
    /// Another plan after earlier prompts: another arrangement on another background. Differs by more than <see cref="WordDistance.SmallEdit"/> words if
    /// that many can change.
    /// </summary>
    /// <param name="asked">What is asked for.</param>
    /// <param name="seed">Decides the open choices.</param>
    /// <param name="earlier">The earlier prompts, in order.</param>
    /// <param name="avoid">Scenes to avoid if there are others.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="ArgumentException">The constraints cannot be met in this world.</exception>
    public static ScenePlan Another(PromptConstraints asked, SeedPath seed, IReadOnlyList<string> earlier, Func<Scene, bool>? avoid = null)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentNullException.ThrowIfNull(earlier);
        if (earlier.Count == 0)
            return First(asked, seed, avoid);
        var last = earlier[^1];
        var (mentioned, before) = DenseCaptionParser.Parse(last);
        var draws = new SeededDraws(seed);
        var canvas = draws.Pick([.. World.Canvases.Where(c => c != before)]);
        List<ScenePlan> all = [];
        foreach (var size in new[] { ShapeSize.Large, ShapeSize.Small })
        {
            ScenePlan[] New() =>
                Shuffled(Candidates(asked, draws, canvas, size, mentioned).Where(p => !earlier.Contains(p.Caption, StringComparer.OrdinalIgnoreCase)), draws);
            if (Choose(() => [.. New().Where(p => WordDistance.Of(p.Caption, last) > WordDistance.SmallEdit)], avoid) is { } plan)
                return plan;
            all.AddRange(New());
        }

        // If nothing is open, the same words again, which give another image.
        return Choose(() => [.. all.OrderByDescending(p => WordDistance.Of(p.Caption, last))], avoid) ?? Searched(asked, seed) ?? First(asked, seed, avoid);
    }

    /// <summary>The first plan that is not to be avoided, among several draws; else the first of all.</summary>
    private static ScenePlan? Choose(Func<ScenePlan[]> draw, Func<Scene, bool>? avoid)
    {
        ScenePlan? first = null;
        for (var i = 0; i < (avoid is null ? 1 : AvoidingDraws); i++)
        {
            var plans = draw();
            if (avoid is not null && plans.FirstOrDefault(p => !avoid(p.Scene)) is { } free)
                return free;
            first ??= plans.FirstOrDefault();
        }

        return first;
    }

    private static ScenePlan[] Shuffled(IEnumerable<ScenePlan> candidates, SeededDraws draws)
    {
        ScenePlan[] plans = [.. candidates];
        draws.Shuffle<ScenePlan>(plans);
        return plans;
    }

    private static ScenePlan[] Candidates(
        PromptConstraints asked, SeededDraws draws, CanvasColor canvas, ShapeSize open, IReadOnlyList<MentionedObject>? taken)
    {
        var set = ConstraintSet.Parse(asked);
        var groups = set.Include;
        var arrangements = Arrangement.Of(groups);
        for (var i = 0; i < MaxDraws; i++)
        {
            List<ShapeColor> colors = [.. groups.Select(g => g.Color ?? Open(g))];
            ScenePlan[] met = [.. arrangements.Select(a => Plan(a, groups, colors, set.Canvas ?? canvas, open))
                .Where(p => ConstraintVerifier.Verify(SceneReading.Of(p.Scene), asked).Passed)];
            if (met.Length > 0 || arrangements.Count == 0)
                return met;
        }

        return [];

        ShapeColor Open(ConstraintGroup group)
        {
            var colors = set.Colors(group);
            ShapeColor[] others = [.. colors.Where(c => taken?.Any(t => t.Class == group.Class && t.Color == c) != true)];
            return draws.Pick(others.Length > 0 ? others : colors);
        }
    }

    private static ScenePlan Plan(
        Arrangement arrangement, IReadOnlyList<ConstraintGroup> groups, List<ShapeColor> colors, CanvasColor canvas, ShapeSize open) =>
        new(
            arrangement.Name,
            [.. groups.Select((g, i) => new PlannedGroup(Size(g, open), colors[i], g.Class, arrangement.Cells[i])).OrderBy(g => g.Cells[0])],
            canvas);

    private static ShapeSize Size(ConstraintGroup group, ShapeSize open) => group.Relative switch
    {
        RelativeSize.Larger => ShapeSize.Large,
        RelativeSize.Smaller => ShapeSize.Small,
        _ => group.Size ?? open,
    };

    // For constraints that no named arrangement meets, such as a place for one group of three: any scene that meets them.
    private static ScenePlan? Searched(PromptConstraints asked, SeedPath seed)
    {
        if (OracleRewriter.TrySatisfy(asked, seed.Child("free")) is not { } scene)
            return null;
        var groups = scene.Objects.GroupBy(o => (o.Size, o.Color, o.Class))
            .Select(g => new PlannedGroup(g.Key.Size, g.Key.Color, g.Key.Class, [.. g.Select(o => o.Cell)]));
        return new("free", [.. groups], scene.Canvas);
    }
}

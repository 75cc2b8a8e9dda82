using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Perception;

/// <summary>
/// Makes a generator's typical mistakes in scenes (objects missing, doubled, of another colour, class, size or place), and a reader's typical mistakes in
/// requests.
/// </summary>
internal static class SceneMistakes
{
    private const string Doubt = "drawn";

    public static Scene Jitter(Scene scene, SeededDraws draws) =>
        new(scene.Canvas, scene.Objects.Select(o => SceneSampler.Place(draws, o.Class, o.Color, o.Size, o.Cell)));

    /// <summary>The scene with one to three mistakes.</summary>
    public static Scene Make(Scene scene, SeededDraws draws)
    {
        var objects = scene.Objects.ToList();
        for (var left = 1 + draws.Weighted([0.6, 0.3, 0.1]); left > 0; left--)
            One(objects, draws);
        return new Scene(scene.Canvas, objects);
    }

    /// <summary>The plan with the counts and cells of its groups exchanged; a single group loses one object.</summary>
    public static ScenePlan Miscounted(ScenePlan plan)
    {
        var groups = plan.Groups;
        return plan with
        {
            Groups = groups.Count > 1
                ? [.. groups.Select((group, i) => group with { Cells = groups[(i + 1) % groups.Count].Cells }).OrderBy(group => group.Cells[0])]
                : [.. groups.Select(group => group.Cells.Count > 1 ? group with { Cells = [.. group.Cells.SkipLast(1)] } : group)],
        };
    }

    /// <summary>The request with one misreading: another colour or class, one object less, or the counts of two groups exchanged.</summary>
    public static PromptConstraints Misheard(PromptConstraints asked, SeededDraws draws)
    {
        List<ObjectConstraint> groups = [.. asked.Include];
        var at = draws.Below(groups.Count);
        var group = groups[at];
        switch (draws.Below(3))
        {
            case 0 when group.Color is { } color:
                groups[at] = group with { Color = draws.Pick([.. World.Colors.Select(c => WorldWords.Name(c)).Except([color], StringComparer.Ordinal)]) };
                break;
            case 1 when groups.Count > 1:
                var other = (at + 1) % groups.Count;
                var (ours, theirs) = (group with { Count = groups[other].Count, Cells = groups[other].Cells }, groups[other]);
                (groups[at], groups[other]) = (ours, theirs with { Count = group.Count, Cells = group.Cells });
                break;
            case 1 when group.Count > 1:
                groups[at] = group with { Count = group.Count - 1, Cells = group.Cells is { } cells ? [.. cells.SkipLast(1)] : null };
                break;
            default:
                groups[at] = group with
                {
                    Class = draws.Pick([.. World.Classes.Select(c => WorldWords.Name(c)).Except(groups.Select(g => g.Class), StringComparer.Ordinal)])
                };
                break;
        }

        return asked with { Include = groups };
    }

    /// <summary>The scene that a reading describes; null if a shape is unclear or two objects share a cell.</summary>
    public static Scene? AsScene(SceneReading reading) =>
        reading.Objects.Count <= World.MaxObjects && reading.Objects.All(o => o.ClassDoubt is null)
            && reading.Objects.DistinctBy(o => o.Cell).Count() == reading.Objects.Count
            ? SceneOf(reading.Canvas, reading.Objects)
            : null;

    /// <summary>
    /// A different reading: all doubtful objects become clear, mostly with one to three mistakes; sometimes one is unclear.
    /// </summary>
    public static SceneReading Misread(SceneReading reading, SeededDraws draws)
    {
        var scene = SceneOf(reading.Canvas, reading.Objects.DistinctBy(o => o.Cell).Take(World.MaxObjects));
        return Doubted(SceneReading.Of(draws.Chance(0.3) ? scene : Make(scene, draws)), draws);
    }

    /// <summary>The reading with about one object in twelve unclear.</summary>
    public static SceneReading Doubted(SceneReading clear, SeededDraws draws) => clear with
    {
        Objects = [.. clear.Objects.Select(
            o => draws.Weighted([0.92, 0.05, 0.03]) switch { 0 => o, 1 => o with { ColorDoubt = Doubt }, _ => o with { ClassDoubt = Doubt } })],
    };

    private static Scene SceneOf(CanvasColor canvas, IEnumerable<SeenObject> objects) =>
        new(canvas, objects.Select(o => new SceneObject(o.Class, o.Color, o.Size, o.Cell)));

    private static void One(List<SceneObject> objects, SeededDraws draws)
    {
        if (objects.Count == 0)
            return;
        var at = draws.Below(objects.Count);
        var item = objects[at];
        var free = World.Cells.Where(c => objects.TrueForAll(o => o.Cell != c)).ToArray();
        switch (draws.Weighted([0.25, 0.2, 0.15, 0.15, 0.1, 0.1, 0.05]))
        {
            case 0:
                objects.RemoveAt(at);
                break;
            case 1:
                objects[at] = item with { Color = draws.Pick([.. World.Colors.Where(c => c != item.Color)]) };
                break;
            case 2:
                objects[at] = item with { Class = draws.Pick([.. World.Classes.Where(c => c != item.Class)]) };
                break;
            case 3 when objects.Count < World.MaxObjects:
                objects.Add(item with { Cell = draws.Pick(free) });
                break;
            case 4 when objects.Count < World.MaxObjects:
                objects.Add(SceneSampler.Place(draws, draws.Pick(World.Classes), draws.Pick(World.Colors), item.Size, draws.Pick(free)));
                break;
            case 5:
                objects[at] = item with { Cell = draws.Pick(free) };
                break;
            default:
                objects[at] = item with { Size = item.Size == ShapeSize.Large ? ShapeSize.Small : ShapeSize.Large };
                break;
        }
    }
}

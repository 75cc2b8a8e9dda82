using GenAgent.Seeds;

namespace GenAgent.Micro.Scenes;

/// <summary>Draws random scenes. The same seed gives the same scene, always. Safe to use from many threads at once.</summary>
public sealed class SceneSampler
{
    private const int MaxDraws = 1000;

    private readonly SceneSamplerOptions _options;
    private readonly Func<Scene, bool>? _heldOut;

    /// <summary>Makes a sampler.</summary>
    /// <param name="options">The distribution; null for the default.</param>
    /// <param name="heldOut">Scenes that are never drawn, for instance those that a benchmark asks for; null for none.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public SceneSampler(SceneSamplerOptions? options = null, Func<Scene, bool>? heldOut = null)
    {
        _options = options ?? new();
        SceneSamplerOptions.Validate(_options);
        _heldOut = heldOut;
    }

    /// <summary>The scene of this seed.</summary>
    /// <param name="seed">The node of the seed tree that all random choices derive from.</param>
    /// <returns>The scene.</returns>
    /// <exception cref="InvalidOperationException">Nearly all scenes that the options allow are held out.</exception>
    public Scene Sample(SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        return Sample(seed.Value);
    }

    /// <summary>The scene of this seed.</summary>
    /// <param name="seed">The seed.</param>
    /// <returns>The scene.</returns>
    /// <exception cref="InvalidOperationException">Nearly all scenes that the options allow are held out.</exception>
    public Scene Sample(ulong seed)
    {
        var draws = new SeededDraws(seed);
        for (var i = 0; i < MaxDraws; i++)
        {
            var scene = Draw(draws);
            if (_heldOut?.Invoke(scene) != true)
                return scene;
        }

        throw new InvalidOperationException($"{MaxDraws} scenes in a row were held out: widen the sampler's options or hold out less.");
    }

    internal static SceneObject Place(SeededDraws draws, ShapeClass kind, ShapeColor color, ShapeSize size, GridCell cell) =>
        new(kind, color, size, cell, Jitter(draws), Jitter(draws));

    private static float Jitter(SeededDraws draws) => (float)draws.Uniform(-World.MaxJitter, World.MaxJitter);

    private Scene Draw(SeededDraws draws)
    {
        var canvas = _options.CanvasWeights is { } weights ? World.Canvases[draws.Weighted(weights)] : draws.Pick(World.Canvases);
        var count = draws.Weighted(_options.CountWeights) + 1;
        if (_options.UsualShare > 0 && draws.Chance(_options.UsualShare))
            return Composed(draws, draws.Chance(0.5) ? canvas : Usual.Canvas, count);
        return draws.Chance(_options.GroupedShare) ? Grouped(draws, canvas, count) : Independent(draws, canvas, count);
    }

    private static Scene Independent(SeededDraws draws, CanvasColor canvas, int count) => new(canvas, draws.Sample(World.Cells, count)
        .Select(cell => Place(draws, draws.Pick(World.Classes), draws.Pick(World.Colors), RandomSize(draws), cell)));

    private Scene Grouped(SeededDraws draws, CanvasColor canvas, int count)
    {
        var groups = Math.Min(count, 1 + draws.Weighted([0.25, 0.5, 0.25]));
        var counts = Partition(draws, count, groups);
        var cells = groups == 2 && draws.Chance(_options.ArrangedShare)
            ? GridArrangement.Apart(draws, counts[0], counts[1])
            : draws.Sample(World.Cells, count);
        var classes = draws.Sample(World.Classes, groups);
        var objects = new List<SceneObject>(count);
        for (var g = 0; g < groups; g++)
        {
            // Sometimes one class in two colours ("two red and three blue circles").
            if (g > 0 && draws.Chance(0.15))
                classes[g] = classes[g - 1];
            var color = draws.Chance(0.85) ? draws.Pick(World.Colors) : (ShapeColor?)null;
            var size = draws.Chance(0.7) ? RandomSize(draws) : (ShapeSize?)null;
            for (var i = 0; i < counts[g]; i++)
                objects.Add(Place(draws, classes[g], color ?? draws.Pick(World.Colors), size ?? RandomSize(draws), cells[objects.Count]));
        }

        return new Scene(canvas, objects);
    }

    /// <summary>One to three groups of like objects in their usual cells, most of them large, half of them in their usual colour.</summary>
    private Scene Composed(SeededDraws draws, CanvasColor canvas, int alone)
    {
        var counts = draws.Weighted([0.35, 0.35, 0.3]) is > 0 and var more ? InLines(draws, 1 + more) : [alone];
        var columns = counts.Length == 2 && draws.Chance(_options.ArrangedShare);
        var classes = draws.Sample(World.Classes, counts.Length);
        var cells = Usual.Cells(counts, columns).ToArray();
        List<SceneObject> objects = [];
        for (var g = 0; g < counts.Length; g++)
        {
            var color = draws.Chance(0.45) ? Usual.Color(classes[g]) : draws.Pick(World.Colors);
            var size = draws.Chance(0.6) ? Usual.Size : RandomSize(draws);
            for (var i = 0; i < counts[g]; i++)
                objects.Add(Place(draws, classes[g], color, size, cells[objects.Count]));
        }

        return new Scene(canvas, objects);
    }

    private static int[] InLines(SeededDraws draws, int groups)
    {
        int[] counts;
        do
            counts = [.. Enumerable.Range(0, groups).Select(_ => 1 + draws.Below(Usual.MaxInLine))];
        while (counts.Sum() > World.MaxObjects);
        return counts;
    }

    private static int[] Partition(SeededDraws draws, int count, int parts)
    {
        var counts = Enumerable.Repeat(1, parts).ToArray();
        for (var i = parts; i < count; i++)
            counts[draws.Below(parts)]++;
        return counts;
    }

    private static ShapeSize RandomSize(SeededDraws draws) => draws.Chance(0.5) ? ShapeSize.Large : ShapeSize.Small;
}

using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Evaluation.Micro;

/// <summary>
/// Counts, for a trainer, how many images show the very scenes that they were asked for, and what goes wrong in the others.
/// Not thread-safe.
/// </summary>
public sealed class SceneTally
{
    private static readonly (string Name, int From, int To)[] Ranges = [("1-2", 1, 2), ("3-4", 3, 4), ("5-7", 5, World.MaxObjects)];

    private readonly SceneReader _reader = new();
    private readonly List<(int Objects, Verdict Verdict)> _images = [];

    /// <summary>How many images were added.</summary>
    public int Images => _images.Count;

    /// <summary>Adds an image that was to show the scene, and returns its verdict.</summary>
    public Verdict Add(Scene scene, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(scene);
        var verdict = SceneVerifier.Verify(_reader.Read(image), scene);
        _images.Add((scene.Objects.Length, verdict));
        return verdict;
    }

    /// <summary>
    /// The figures by name, as run logs take them: <c>success</c> (strict, all objects right and nothing else), <c>success/1-2</c>, <c>success/3-4</c>
    /// and <c>success/5-7</c> objects, <c>share</c> (mean share of objects right), and <c>errors/KIND</c> (how many an image). Empty without images;
    /// a range of objects that did not occur is left out.
    /// </summary>
    public IReadOnlyDictionary<string, double> Metrics()
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        if (_images.Count == 0)
            return metrics;
        metrics["success"] = Success(_images);
        foreach (var (name, from, to) in Ranges)
        {
            var within = _images.Where(i => i.Objects >= from && i.Objects <= to).ToList();
            if (within.Count > 0)
                metrics[$"success/{name}"] = Success(within);
        }

        metrics["share"] = _images.Average(i => i.Verdict.Share);
        var errors = _images.SelectMany(i => i.Verdict.Errors).CountBy(e => e).ToDictionary();
        foreach (var kind in Enum.GetValues<ErrorKind>())
            metrics[$"errors/{char.ToLowerInvariant(kind.ToString()[0])}{kind.ToString()[1..]}"] = errors.GetValueOrDefault(kind) / (double)_images.Count;
        return metrics;
    }

    private static double Success(List<(int Objects, Verdict Verdict)> images) => images.Average(i => i.Verdict.Passed ? 1.0 : 0);
}

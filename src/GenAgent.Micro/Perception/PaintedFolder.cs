using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Running;
using GenAgent.Seeds;
using GenAgent.Storage;

namespace GenAgent.Micro.Perception;

/// <summary>
/// Perception examples over a folder of generated images (<see cref="PaintingRun"/>): the same options and index give the same example.
/// Images that show what the benchmark asks for are skipped. Safe to use from many threads at once; images are loaded on demand.
/// </summary>
public sealed class PaintedFolder
{
    /// <summary>The file of the folder that lists its paintings.</summary>
    public const string LinesName = PaintingStore.LinesName;

    private static readonly PerceptionKind[] Kinds =
        [
            PerceptionKind.Describe,
            PerceptionKind.Count,
            PerceptionKind.Color,
            PerceptionKind.Where,
            PerceptionKind.Larger,
            PerceptionKind.Judge,
            PerceptionKind.OwnWords,
            PerceptionKind.OwnTurn
        ];

    private readonly string _folder;
    private readonly double[] _weights;
    private readonly SeedPath _seeds;
    private readonly long _places;
    private readonly Painting[] _paintings;
    private readonly SceneReader _reader = new();

    /// <summary>Opens a folder for reading.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">Seed, weights, and which images; kinds without an image are left out. Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range, or names no kind that has an image.</exception>
    /// <exception cref="InvalidDataException">A line is no painting, or the folder holds none that may be shown.</exception>
    public PaintedFolder(string folder, PerceptionOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new();
        var weights = PerceptionOptions.Check(options);
        _folder = folder;
        _weights = [.. Kinds.Select(k => weights[(int)k])];
        if (!(_weights.Sum() > 0))
            throw new ArgumentException("The weights name no kind that has an image.", nameof(options));
        _seeds = SeedPath.FromRoot(options.Seed).Child("painted");
        var all = PaintingStore.Load(folder).OrderBy(p => p.Index).ToList();
        _places = all.Count == 0 ? 0 : all[^1].Index + 1;
        _paintings = [.. all
            .Where(p => options.MaxConfidence >= 1 || p.Reading.Objects.Any(o => o.Confidence <= options.MaxConfidence))
            .Where(p => SceneMistakes.AsScene(p.Reading) is not { } seen || !HeldOutCombinations.OfBenchmark.Contains(seen))];
        if (_paintings.Length == 0)
            throw new InvalidDataException($"{Path.Combine(folder, PaintingStore.LinesName)} holds no painting that may be shown.");
    }

    private PaintedFolder(PaintedFolder whole, Painting[] part)
    {
        (_folder, _weights, _seeds, _places) = (whole._folder, whole._weights, whole._seeds, whole._places);
        _paintings = part;
    }

    /// <summary>
    /// Splits the folder at a position in the order of painting. Two selections from one folder, split at the same share, have no image of one's first part
    /// in the other's last part.
    /// </summary>
    /// <param name="share">The share of the last part, between 0 and 1.</param>
    /// <returns>What comes before the position, and what comes after it.</returns>
    /// <exception cref="InvalidDataException">A part would have no image.</exception>
    public (PaintedFolder First, PaintedFolder Last) Split(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);
        var cut = (long)Math.Floor(_places * (1 - share));
        var (first, last) = (_paintings.Where(p => p.Index < cut).ToArray(), _paintings.Where(p => p.Index >= cut).ToArray());
        return first.Length > 0 && last.Length > 0
            ? (new(this, first), new(this, last))
            : throw new InvalidDataException(
                $"{_folder} has {_paintings.Length} paintings to choose from, too few to hold out {share:P0} of them: paint more.");
    }

    /// <summary>Number of images; examples with a higher index ask other questions about them.</summary>
    public int Count => _paintings.Length;

    /// <summary>SHA-256 of the list of paintings, in lower-case hexadecimal digits: the same for the same images and readings.</summary>
    public string Digest => FileDigest.Of(Path.Combine(_folder, LinesName));

    /// <summary>The example of this index, 0 or more: about image <c>index mod Count</c>.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <returns>The example; the same index gives the same one.</returns>
    /// <exception cref="IOException">The image cannot be read.</exception>
    public PerceptionExample Get(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var (image, painting) = Open(index);
        var draws = new SeededDraws(_seeds.Child("example", index));
        var kind = Kinds[draws.Weighted(_weights)];
        var prompt = KnownRequest.Of(painting.Prompt);
        return kind == PerceptionKind.OwnTurn
            ? OwnTurn(image, painting, prompt, draws, _seeds.Child("turn", index))
                ?? ImageQuestions.Ask(PerceptionKind.Judge, draws, image, painting.Reading, prompt)
            : ImageQuestions.Ask(kind, draws, image, painting.Reading, prompt);
    }

    /// <summary>The image <c>index mod Count</c> with its reading.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <returns>The image and its reading.</returns>
    /// <exception cref="IOException">The image cannot be read.</exception>
    public SeenImage Look(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var (image, painting) = Open(index);
        return new(image, painting.Reading);
    }

    /// <summary>The image <c>index mod Count</c> with slightly changed colours or softer, with a new reading; different for each index.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <returns>The image and its new reading.</returns>
    /// <exception cref="IOException">The image cannot be read.</exception>
    public SeenImage LookRetouched(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var image = Blemishes.Retouch(Open(index).Image, new SeededDraws(_seeds.Child("retouched", index)));
        return new(image, _reader.Read(image));
    }

    /// <summary>
    /// The image inside a run, after the model's own plan and call, with everything that follows. Sometimes the plan is a different one that the image does
    /// not show, because a model that judges only a good painter's images learns to trust the plan. Null if the caption says less than a plan.
    /// </summary>
    private static PerceptionExample? OwnTurn(RgbImage image, Painting painting, KnownRequest prompt, SeededDraws draws, SeedPath seed)
    {
        if (painting.Style != Captions.CaptionStyle.Dense || MistakenPainter.Read(painting.Caption) is not { } scene
            || ScenePlanner.Behind(scene, prompt.Constraints) is not { } painted)
            return null;
        Func<Scene, bool> avoid = HeldOutCombinations.OfBenchmark.Contains;
        var plan = draws.Weighted([0.75, 0.15, 0.1]) switch
        {
            0 => painted,
            1 => ScenePlanner.First(prompt.Constraints, seed.Child("other"), avoid),
            _ => SceneMistakes.Miscounted(painted),
        };
        if (avoid(plan.Scene))
            return null;
        var turn = TeacherTurns.Judge(
            painting.Reading, prompt.Constraints, 1, () => ScenePlanner.Another(prompt.Constraints, seed.Child("again"), [plan.Caption], avoid));
        return new(PerceptionKind.OwnTurn, image, prompt.Text, turn) { FirstTurn = TeacherTurns.First(prompt.Constraints, prompt.Said, plan) };
    }

    /// <summary>Reads every image, and returns one line for each that cannot be read.</summary>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>A sentence for each image that cannot be read.</returns>
    public IEnumerable<string> Faults(CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < _paintings.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Fault(i) is { } fault) yield return $"{Path.Combine(_folder, LinesName)}, painting {_paintings[i].Index} ({_paintings[i].Image}): {fault}";
        }
    }

    private string? Fault(int index)
    {
        try
        {
            Open(index);
            return null;
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return broken.Message;
        }
    }

    private (RgbImage Image, Painting Painting) Open(long index)
    {
        var painting = _paintings[(int)(index % _paintings.Length)];
        return (RgbImage.Decode(RecordImage.Read(_folder, painting.Image)), painting);
    }
}

using System.Globalization;
using System.Text.Json;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Scenes;
using GenAgent.Training.Sight;
using GenAgent.Training.Sources;

namespace GenAgent.Micro.Training.Sources;

/// <summary>The miniature world's images with what stands in each cell.</summary>
internal sealed class SightImages : ILabelledImageSource
{
    // By place in the folder and not by number, so that two choices from one folder hold out the same images.
    private const double HeldOutShare = 0.1;

    private static readonly LabelKind[] AllKinds = [.. CellLabels.Kinds.Select(kind => new LabelKind(kind.Name, kind.Answers))];

    private readonly Func<long, SeenImage> _look;

    private SightImages(string identity, long count, Func<long, SeenImage> look) => (Identity, Count, _look) = (identity, count, look);

    public string Identity { get; }

    public long Count { get; }

    public int Features => World.Cells.Count;

    public IReadOnlyList<LabelKind> Kinds => AllKinds;

    public IReadOnlyList<string> Measures => CellLabels.Measures;

    /// <summary>Rendered scenes.</summary>
    public static SightImages Rendered(PerceptionOptions options, long count = long.MaxValue) =>
        new($"rendered/1 {JsonSerializer.Serialize(options)}", count, new PerceptionSource(options).Look);

    /// <summary>
    /// The images of <c>genagent data paint</c>: those in the folder's last tenth are held out, the others come as they are, mirrored and retouched, without
    /// end.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="heldOut">The most images that are held out.</param>
    /// <param name="maxConfidence">How sure the least sure reading of an image may be.</param>
    /// <exception cref="InvalidDataException">The folder holds too few paintings to hold some out.</exception>
    public static (SightImages Training, SightImages HeldOut) Painted(string folder, int heldOut, double maxConfidence = 1)
    {
        var paintings = new PaintedFolder(folder, new() { MaxConfidence = maxConfidence });
        var (trained, kept) = paintings.Split(HeldOutShare);
        var digest = maxConfidence < 1 ? string.Create(CultureInfo.InvariantCulture, $"{paintings.Digest} up to {maxConfidence}") : paintings.Digest;
        return (new($"painted/3 {digest}", long.MaxValue, Trained), new($"painted/3 {digest} held out", Math.Min(heldOut, kept.Count), kept.Look));

        // Of four rounds through the folder one shows the images as they are.
        SeenImage Trained(long index)
        {
            var round = index / trained.Count;
            var seen = round % 4 < 2 ? trained.Look(index) : trained.LookRetouched(index);
            return round % 2 == 0 ? seen : seen.Mirrored();
        }
    }

    public PixelImage Read(long index, Span<long> labels, Span<float> measures)
    {
        var (image, reading) = _look(index);
        CellLabels.Write(reading, labels, measures, ILabelledImageSource.NotAsked);
        return new PixelImage(image.Width, image.Height, image.Pixels);
    }
}

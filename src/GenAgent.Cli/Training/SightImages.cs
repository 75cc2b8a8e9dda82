using System.Globalization;
using System.Text.Json;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Scenes;
using GenAgent.Training.Sight;
using GenAgent.Training.Sources;

namespace GenAgent.Cli.Training;

/// <summary>The miniature world's images with what stands in each cell.</summary>
internal sealed class SightImages : ILabelledImageSource
{
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

    /// <summary>The images of <c>genagent data paint</c>: the last ones are held out, the others also come mirrored and retouched, without end.</summary>
    /// <exception cref="InvalidDataException">The folder holds no painting, or none that is not held out.</exception>
    public static (SightImages Training, SightImages HeldOut) Painted(string folder, int heldOut, double maxConfidence = 1)
    {
        var paintings = new PaintedFolder(folder, new() { MaxConfidence = maxConfidence });
        var trained = paintings.Count - heldOut;
        if (trained <= 0) throw new InvalidDataException($"{folder} has {paintings.Count} paintings to choose from, of which {heldOut} are to be held out: paint more.");
        var digest = maxConfidence < 1 ? string.Create(CultureInfo.InvariantCulture, $"{paintings.Digest} up to {maxConfidence}") : paintings.Digest;
        return (
            new($"painted/2 {digest} {heldOut}", long.MaxValue, Trained),
            new($"painted/2 {digest} held out {heldOut}", heldOut, index => paintings.Look(trained + index)));

        // Of four rounds through the folder one shows the images as they are.
        SeenImage Trained(long index)
        {
            var (round, place) = (index / trained, index % trained);
            var seen = round % 4 < 2 ? paintings.Look(place) : paintings.LookRetouched((round * paintings.Count) + place);
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

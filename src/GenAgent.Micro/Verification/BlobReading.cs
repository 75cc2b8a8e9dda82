using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>A blob with its colour and shape, and the confidence in both.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="Color">Its colour.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="NoiseMisfit">The misfit that the image's noise alone explains.</param>
internal sealed record BlobReading(Blob Blob, ColorReading Color, ShapeReading Shape, float NoiseMisfit)
{
    // Fainter or smaller marks are not objects: compression and uneven lighting leave such traces on an empty canvas.
    private const int SpeckPixels = 8;
    private const int SmallPixels = 20;
    private const float FaintContrast = 50;
    private const float SmallContrast = 75;

    // Halfway between the radii of small and large objects.
    private const float LargeFrom = 9.6f;

    // Thresholds beyond which an object counts as unclear; tuned on degraded and incomplete images (see the tests).
    private const float MaxMisfit = 0.09f;
    private const float MaxRatio = 0.88f;
    private const float MaxColorDistance = 60;
    private const float MaxColorRatio = 0.85f;
    private const float MaxMixed = 0.25f;
    private const float MinRadius = 4.5f;
    private const float MaxRadius = 16f;

    // Limits of a halo beside another object: its distance, and its contrast and size relative to that object.
    private const int HaloReach = 4;
    private const float HaloContrast = 0.9f;
    private const float HaloPixels = 0.35f;

    /// <summary>Reads a blob; null if it is too small or too faint to be an object.</summary>
    public static BlobReading? Of(Blob blob, CanvasEstimate canvas, ReadingBuffers buffers)
    {
        if (blob.Pixels < SpeckPixels)
            return null;
        var color = ColorReading.Of(blob, canvas, buffers);
        if (color.Contrast < (blob.Pixels < SmallPixels ? SmallContrast : FaintContrast))
            return null;

        // The noise of one pixel along the object's colour, relative to a blob of fully covered pixels.
        var noise = canvas.Noise / 1.54f / color.Contrast;
        return new(blob, color, ShapeReading.Of(blob, color, buffers), 1.5f * noise * noise);
    }

    /// <summary>
    /// Whether this is a halo that a generator left beside another object: shapeless, fainter and much smaller than the object, and closer to it than
    /// objects of neighbouring cells can be.
    /// </summary>
    public bool IsHaloOf(BlobReading other) =>
        (Shape.Misfit > MaxMisfit || Shape.Radius < MinRadius) && Color.Contrast < HaloContrast * other.Color.Contrast
            && Blob.Pixels < HaloPixels * other.Blob.Pixels
        && Gap(Blob.Left, Blob.Right, other.Blob.Left, other.Blob.Right) <= HaloReach
        && Gap(Blob.Top, Blob.Bottom, other.Blob.Top, other.Blob.Bottom) <= HaloReach;

    /// <summary>The object that the blob shows.</summary>
    public SeenObject Describe()
    {
        var (ofClass, ofColor) = (ClassDoubts().MaxBy(d => d.Degree), ColorDoubts().MaxBy(d => d.Degree));
        var worst = Math.Max(ofClass.Degree, ofColor.Degree);
        var confidence = Math.Clamp(1 - (0.5f * worst), 0, 1);
        return new SeenObject(
            Shape.Class, Color.Color, Shape.Radius < LargeFrom ? ShapeSize.Small : ShapeSize.Large, Shape.CenterX, Shape.CenterY, Shape.Radius,
            new PixelBox(Blob.Left, Blob.Top, Blob.Right + 1, Blob.Bottom + 1), worst > 1 ? Math.Min(confidence, 0.49f) : Math.Max(confidence, 0.5f),
            ofClass.Degree > 1 ? ofClass.Doubt : null, ofColor.Degree > 1 ? ofColor.Doubt : null)
        {
            ClassDegree = ofClass.Degree,
            ColorDegree = ofColor.Degree,
        };
    }

    private static int Gap(int from, int to, int otherFrom, int otherTo) => Math.Max(otherFrom - to, from - otherTo);

    /// <summary>The possible reasons why the class is unclear, each with a degree; above 1 means unclear.</summary>
    private IEnumerable<(float Degree, string Doubt)> ClassDoubts()
    {
        yield return (Shape.Misfit / (MaxMisfit + NoiseMisfit), $"no known shape; nearest is a {WorldWords.Name(Shape.Class)}");
        yield return (Shape.Misfit / Math.Max(1e-6f, Shape.RunnerUpMisfit) / MaxRatio,
            $"between a {WorldWords.Name(Shape.Class)} and a {WorldWords.Name(Shape.RunnerUp)}");
        yield return (Shape.Radius < MinRadius ? 2 : 0, "too small");
        yield return (Shape.Radius > MaxRadius ? 2 : 0, "too large");
    }

    /// <summary>The same for the colour.</summary>
    private IEnumerable<(float Degree, string Doubt)> ColorDoubts()
    {
        yield return (Color.Distance / MaxColorDistance, $"no known colour; nearest is {WorldWords.Name(Color.Color)}");
        yield return ((1 - Color.Margin) / MaxColorRatio, $"between {WorldWords.Name(Color.Color)} and {WorldWords.Name(Color.RunnerUp)}");
        yield return (Color.Mixed / MaxMixed, "of several colours");
    }
}

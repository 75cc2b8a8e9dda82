using System.Collections.Concurrent;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>
/// Reads objects from an image's pixels. It knows only the world's palette and shapes, never the scene that the image was made from.
/// Safe to use from many threads at once.
/// </summary>
public sealed class SceneReader
{
    private readonly ConcurrentBag<ReadingBuffers> _buffers = [];

    /// <summary>Reads an image; one of another size than 96 x 96 is scaled to it first.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The objects, with what is doubtful about each.</returns>
    public SceneReading Read(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        image = image.Resize(World.ImageSize, World.ImageSize);
        if (!_buffers.TryTake(out var buffers))
            buffers = new();
        try
        {
            var canvas = CanvasEstimate.Of(image);
            BlobReading[] blobs = [.. Segmentation.Cut(image, canvas, buffers).Select(b => BlobReading.Of(b, canvas, buffers)).OfType<BlobReading>()];
            var seen = blobs.Where(blob => !blobs.Any(blob.IsHaloOf))
                .Select(r => r.Describe())
                .OrderBy(o => o.Cell).ThenBy(o => o.CenterY).ThenBy(o => o.CenterX);
            return new SceneReading(canvas.Canvas, [.. seen]);
        }
        finally
        {
            _buffers.Add(buffers);
        }
    }
}

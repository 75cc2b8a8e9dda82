using GenAgent.Micro.Rendering;
using GenAgent.Training.Sources;

namespace GenAgent.Micro.Training.Evaluations;

/// <summary>Brings images from the trainers to the miniature world, and tiles them into a sheet.</summary>
internal static class PixelSheet
{
    /// <summary>A trainer's images as those of the miniature world, which can be read and encoded.</summary>
    public static IReadOnlyList<RgbImage> ToImages(IReadOnlyList<PixelImage> images) =>
        [.. images.Select(image => new RgbImage(image.Width, image.Height, image.Pixels))];

    /// <summary>Equally large images in rows, with a gap of white between them.</summary>
    public static RgbImage Tile(IReadOnlyList<RgbImage> images, int columns, int gap = 4)
    {
        var rows = (images.Count + columns - 1) / columns;
        var (cellWidth, cellHeight) = (images[0].Width + gap, images[0].Height + gap);
        var (width, height) = ((columns * cellWidth) + gap, (rows * cellHeight) + gap);
        var pixels = new byte[width * height * 3];
        pixels.AsSpan().Fill(255);
        for (var i = 0; i < images.Count; i++)
        {
            var (left, top) = (gap + (i % columns * cellWidth), gap + (i / columns * cellHeight));
            for (var y = 0; y < images[i].Height; y++)
            {
                var row = images[i].Pixels.AsSpan(y * images[i].Width * 3, images[i].Width * 3);
                row.CopyTo(pixels.AsSpan((((top + y) * width) + left) * 3));
            }
        }

        return new RgbImage(width, height, pixels);
    }
}

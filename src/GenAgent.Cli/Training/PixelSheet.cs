using System.Runtime.InteropServices;
using GenAgent.Micro.Rendering;
using static TorchSharp.torch;

namespace GenAgent.Cli.Training;

/// <summary>Brings batches of images out of tensors: one by one, and tiled into a sheet.</summary>
internal static class PixelSheet
{
    /// <summary>Images <c>[count, 3, height, width]</c> in [-1, 1], values outside cut off, as plain images.</summary>
    public static IReadOnlyList<RgbImage> ToImages(Tensor batch)
    {
        using var scope = NewDisposeScope();
        var bytes = ((batch.clamp(-1, 1) + 1) * 127.5).round().to_type(ScalarType.Byte).permute(0, 2, 3, 1).contiguous();
        var (height, width) = ((int)batch.shape[2], (int)batch.shape[3]);
        var size = height * width * 3;
        var pixels = MemoryMarshal.Cast<byte, byte>(bytes.bytes);
        var images = new RgbImage[batch.shape[0]];
        for (var i = 0; i < images.Length; i++) images[i] = new RgbImage(width, height, pixels.Slice(i * size, size).ToArray());
        return images;
    }

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

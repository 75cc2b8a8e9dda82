using GenAgent.Torch;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace GenAgent.Training.Sources;

/// <summary>An image as plain bytes, for evaluations without tensors. Do not change the bytes.</summary>
/// <param name="Width">Pixels, 1 or more.</param>
/// <param name="Height">Pixels, 1 or more.</param>
/// <param name="Pixels">Rows from the top, three bytes (red, green, blue) a pixel, no padding.</param>
public sealed record PixelImage(int Width, int Height, byte[] Pixels)
{
    /// <summary>Extracts images from a batch <c>[count, 3, height, width]</c> in [-1, 1]; values outside are clamped.</summary>
    internal static IReadOnlyList<PixelImage> FromBatch(Tensor batch)
    {
        using var scope = NewDisposeScope();
        var bytes = batch.Within(-1, 1).Plus(1).Times(127.5).round().to_type(ScalarType.Byte).permute(0, 2, 3, 1).cpu().contiguous();
        var (height, width) = ((int)batch.shape[2], (int)batch.shape[3]);
        var size = height * width * 3;
        var pixels = MemoryMarshal.Cast<byte, byte>(bytes.bytes);
        var images = new PixelImage[batch.shape[0]];
        for (var i = 0; i < images.Length; i++) images[i] = new PixelImage(width, height, pixels.Slice(i * size, size).ToArray());
        return images;
    }
}

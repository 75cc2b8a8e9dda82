using System.Runtime.InteropServices;

namespace GenAgent.Torch.Imaging;

/// <summary>An image's extent in patches: the <c>image_grid_thw</c> of the reference.</summary>
/// <param name="Frames">Number of temporal patches; 1 for a still image.</param>
/// <param name="Rows">Number of patches from top to bottom.</param>
/// <param name="Columns">Number of patches from left to right.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ImageGrid(int Frames, int Rows, int Columns)
{
    /// <summary>Number of patches of the image.</summary>
    public int Patches => Frames * Rows * Columns;

    /// <summary>
    /// Number of image features, and so of image-pad tokens, when <paramref name="mergeSize"/> x <paramref name="mergeSize"/> patches become one feature.
    /// </summary>
    /// <param name="mergeSize">Patches along a side of a feature.</param>
    /// <returns>1 or more.</returns>
    public int Features(int mergeSize) => Patches / (mergeSize * mergeSize);
}

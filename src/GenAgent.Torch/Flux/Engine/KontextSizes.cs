namespace GenAgent.Torch.Flux.Engine;

/// <summary>The sizes of reference images that FLUX.1 Kontext was trained with (diffusers' <c>PREFERRED_KONTEXT_RESOLUTIONS</c>).</summary>
internal static class KontextSizes
{
    /// <summary>Side of the square among them, in pixels.</summary>
    public const int Side = 1024;

    // Each width has its height on the other end of the list.
    private static readonly int[] Sides = [672, 688, 720, 752, 800, 832, 880, 944, 1024, 1104, 1184, 1248, 1328, 1392, 1456, 1504, 1568];

    /// <summary>The size whose ratio of width to height is nearest to that of an image.</summary>
    public static (int Width, int Height) Nearest(int width, int height)
    {
        var ratio = (double)width / height;
        return Sides.Select((side, index) => (Width: side, Height: Sides[^(index + 1)])).MinBy(size => Math.Abs(ratio - ((double)size.Width / size.Height)));
    }
}

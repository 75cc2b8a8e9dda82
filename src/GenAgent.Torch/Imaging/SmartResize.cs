namespace GenAgent.Torch.Imaging;

/// <summary>Qwen's rule for the size that an image is resized to: near its own size, both sides divisible by a factor, its area within limits.</summary>
/// <remarks>
/// Source: <c>smart_resize</c> of transformers' image processor for Qwen2-VL. An extreme aspect ratio can exceed <c>maxPixels</c>, as it does there.
/// </remarks>
public static class SmartResize
{
    /// <summary>The largest ratio of the longer to the shorter side that is accepted.</summary>
    public const double MaxAspectRatio = 200;

    /// <summary>The size to resize to, both sides a multiple of <paramref name="factor"/>.</summary>
    /// <param name="height">Pixels, 1 or more.</param>
    /// <param name="width">Pixels, 1 or more.</param>
    /// <param name="factor">Patch size times merge size, 1 or more.</param>
    /// <param name="minPixels">The area below which the image is enlarged.</param>
    /// <param name="maxPixels">The area above which the image is reduced.</param>
    /// <returns>Height and width in pixels.</returns>
    /// <exception cref="ArgumentException">The aspect ratio is above <see cref="MaxAspectRatio"/>, or a side is below 1.</exception>
    public static (int Height, int Width) Fit(int height, int width, int factor, long minPixels, long maxPixels)
    {
        if (height < 1 || width < 1 || factor < 1)
        {
            throw new ArgumentException(
                $"An image of {width}x{height} pixels cannot be resized to multiples of {factor}: all must be at least 1.", nameof(height));
        }

        var ratio = (double)Math.Max(height, width) / Math.Min(height, width);
        if (ratio > MaxAspectRatio)
        {
            throw new ArgumentException(
                $"The image is {width}x{height} pixels, an aspect ratio of {ratio:0.#}, but at most {MaxAspectRatio:0} is accepted: crop it first.",
                nameof(height));
        }

        // Python rounds halves to even, and so must this.
        var rows = Math.Round((double)height / factor, MidpointRounding.ToEven) * factor;
        var columns = Math.Round((double)width / factor, MidpointRounding.ToEven) * factor;
        if (rows * columns > maxPixels)
        {
            var shrink = Math.Sqrt((double)height * width / maxPixels);
            rows = Math.Max(factor, Math.Floor(height / shrink / factor) * factor);
            columns = Math.Max(factor, Math.Floor(width / shrink / factor) * factor);
        }
        else if (rows * columns < minPixels)
        {
            var grow = Math.Sqrt((double)minPixels / ((double)height * width));
            rows = Math.Ceiling(height * grow / factor) * factor;
            columns = Math.Ceiling(width * grow / factor) * factor;
        }

        return (checked((int)rows), checked((int)columns));
    }
}

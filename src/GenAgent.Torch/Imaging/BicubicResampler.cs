namespace GenAgent.Torch.Imaging;

/// <summary>Bicubic resampling, equal to Pillow's to the bit.</summary>
public static class BicubicResampler
{
    /// <summary>The image at the asked size; the image itself when it already has it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="width">Width.</param>
    /// <param name="height">Height.</param>
    /// <returns>The image.</returns>
    public static RgbImage Resize(RgbImage image, int width, int height) => PillowResampler.Resize(image, width, height, ResampleFilter.Bicubic);
}

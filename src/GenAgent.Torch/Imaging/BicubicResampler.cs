namespace GenAgent.Torch.Imaging;

/// <summary>Bicubic resampling, equal to Pillow's to the bit.</summary>
public static class BicubicResampler
{
    /// <summary>The image at the asked size; the image itself when it already has it.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height) => PillowResampler.Resize(image, width, height, ResampleFilter.Bicubic);
}

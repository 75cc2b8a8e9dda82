using GenAgent.Torch.Imaging;
using SkiaSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Sampling;

/// <summary>Between 8-bit images and tensors in [-1, 1].</summary>
internal static class ImageTensors
{
    /// <summary>An image as <c>[1, 3, height, width]</c> fp32 in [-1, 1].</summary>
    public static Tensor FromImage(RgbImage image)
    {
        using var scope = NewDisposeScope();
        var pixels = tensor(image.Pixels).view(image.Height, image.Width, RgbImage.Channels).to(ScalarType.Float32);
        return pixels.permute(2, 0, 1).unsqueeze(0).contiguous().Over(127.5).Minus(1).MoveToOuterDisposeScope();
    }

    /// <summary><c>[3, height, width]</c> in about [-1, 1] as an image; values outside are clamped.</summary>
    public static RgbImage ToImage(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var levels = tensor.detach().to(ScalarType.Float32).Over(2).Plus(0.5).Within(0, 1).Times(255).round().to(ScalarType.Byte);
        var pixels = levels.permute(1, 2, 0).contiguous().cpu();
        return new RgbImage((int)tensor.shape[2], (int)tensor.shape[1], pixels.bytes.ToArray());
    }

    /// <summary>
    /// The image in another size by Lanczos, smoothed where it shrinks, as the reference's <c>VaeImageProcessor</c> does it; returns the image itself if
    /// the size is the same.
    /// </summary>
    public static RgbImage Resize(RgbImage image, int width, int height) => PillowResampler.Resize(image, width, height, ResampleFilter.Lanczos);

    /// <summary>The image as a PNG file.</summary>
    public static byte[] ToPng(RgbImage image)
    {
        using var bitmap = ToBitmap(image);
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    private static SKBitmap ToBitmap(RgbImage image)
    {
        var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var rgba = bitmap.GetPixelSpan();
        for (var pixel = 0; pixel < image.Width * image.Height; pixel++)
        {
            image.Pixels.AsSpan(pixel * 3, 3).CopyTo(rgba[(pixel * 4)..]);
            rgba[(pixel * 4) + 3] = byte.MaxValue;
        }

        return bitmap;
    }
}

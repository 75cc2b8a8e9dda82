using SkiaSharp;

namespace GenAgent.Torch.Imaging;

/// <summary>Turns a picture upright, as its EXIF orientation asks.</summary>
internal static class ImageOrientation
{
    /// <summary>The upright picture; the picture itself when it is upright already.</summary>
    public static RgbImage Apply(RgbImage image, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default)
        {
            return image;
        }

        var turned = origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var upright = turned ? new RgbImage(image.Height, image.Width) : new RgbImage(image.Width, image.Height);
        var (right, bottom) = (image.Width - 1, image.Height - 1);
        for (var y = 0; y < upright.Height; y++)
        {
            for (var x = 0; x < upright.Width; x++)
            {
                var (fromX, fromY) = origin switch
                {
                    SKEncodedOrigin.TopRight => (right - x, y),
                    SKEncodedOrigin.BottomRight => (right - x, bottom - y),
                    SKEncodedOrigin.BottomLeft => (x, bottom - y),
                    SKEncodedOrigin.LeftTop => (y, x),
                    SKEncodedOrigin.RightTop => (y, bottom - x),
                    SKEncodedOrigin.RightBottom => (right - y, bottom - x),
                    _ => (right - y, x),
                };
                var source = image.Pixels.AsSpan(((fromY * image.Width) + fromX) * RgbImage.Channels, RgbImage.Channels);
                source.CopyTo(upright.Pixels.AsSpan(((y * upright.Width) + x) * RgbImage.Channels));
            }
        }

        return upright;
    }
}

using System.Runtime.InteropServices;
using SkiaSharp;

namespace GenAgent.Torch.Imaging;

/// <summary>
/// Decodes PNG, JPEG, WebP, GIF and BMP to 8-bit RGB as the reference implementation (Pillow) sees them: no colour management,
/// 16-bit grey saturated at 255, transparency and EXIF orientation by the chosen <see cref="ImageInput"/>. Safe to call from many threads.
/// </summary>
public static class ImageDecoder
{
    /// <summary>
    /// Images with more pixels are rejected before any memory is allocated. Decoding takes 7 bytes per pixel; the limit of 64 Mi equals the agent's default.
    /// </summary>
    public const long MaxPixels = 64L << 20;

    /// <summary>JPEG needs at least one bit per block of 64 pixels; files that claim more than twice as many pixels are rejected.</summary>
    private const long MaxJpegPixelsPerByte = 2 * 8 * 64;

    /// <summary>GIF needs at least a 12-bit code per string of nearly 4,096 pixels; files that claim more pixels per byte are rejected.</summary>
    private const long MaxGifPixelsPerByte = 4096;

    /// <summary>The picture.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="input">Limits, and how colours are read.</param>
    /// <returns>RGB pixels, upright.</returns>
    /// <exception cref="InvalidDataException">The bytes are no image that can be decoded, are cut short, or claim more pixels than they can hold.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> encoded, ImageInput input = ImageInput.File)
    {
        var png = PngHeader.TryRead(encoded.Span);
        if (png is not null && !png.FitsInto(encoded.Length))
        {
            throw new InvalidDataException($"The PNG claims {png.Width}x{png.Height} pixels, which {encoded.Length} bytes cannot hold: the file is damaged.");
        }

        using var data = SKData.CreateCopy(encoded.Span);
        using var codec = SKCodec.Create(data)
            ?? throw new InvalidDataException($"{encoded.Length} bytes were given as an image, but they are no PNG, JPEG, WebP, GIF or BMP that can be read.");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        var pixels = (long)width * height;
        if (width < 1 || height < 1 || pixels > MaxPixels)
        {
            throw new InvalidDataException($"The {codec.EncodedFormat} claims {width}x{height} pixels; at most {MaxPixels} can be decoded: make it smaller.");
        }

        if (pixels > encoded.Length * MaxPixelsPerByte(codec.EncodedFormat))
        {
            throw new InvalidDataException(
                $"The {codec.EncodedFormat} claims {width}x{height} pixels, which {encoded.Length} bytes cannot hold: the file is damaged.");
        }

        var image = png?.IsGrey16 == true ? DecodeGrey16(codec, png) : DecodeColor(codec, KeepsTransparency(codec, png, input));
        return input == ImageInput.File ? ImageOrientation.Apply(image, codec.EncodedOrigin) : image;
    }

    // A lossless WebP or a run-length BMP of one colour has no such bound: only MaxPixels limits those. PNG was checked before.
    private static long MaxPixelsPerByte(SKEncodedImageFormat format) => format switch
    {
        SKEncodedImageFormat.Jpeg => MaxJpegPixelsPerByte,
        SKEncodedImageFormat.Gif => MaxGifPixelsPerByte,
        _ => MaxPixels,
    };

    private static bool KeepsTransparency(SKCodec codec, PngHeader? png, ImageInput input) =>
        codec.Info.AlphaType != SKAlphaType.Opaque && (input == ImageInput.Picture || png?.HasColorKey == true);

    private static RgbImage DecodeColor(SKCodec codec, bool onWhite)
    {
        var rgba = Read(codec, SKColorType.Rgba8888, bytesPerPixel: 4);
        var image = new RgbImage(codec.Info.Width, codec.Info.Height);
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += RgbImage.Channels)
        {
            var alpha = onWhite ? rgba[from + 3] : byte.MaxValue;
            for (var channel = 0; channel < RgbImage.Channels; channel++)
            {
                image.Pixels[to + channel] = OnWhite(rgba[from + channel], alpha);
            }
        }

        return image;
    }

    /// <summary>Pillow's conversion of <c>I;16</c> saturates: every level of 255 and more is white.</summary>
    private static RgbImage DecodeGrey16(SKCodec codec, PngHeader png)
    {
        var samples = MemoryMarshal.Cast<byte, Half>(Read(codec, SKColorType.RgbaF16, bytesPerPixel: 8).AsSpan());
        var image = new RgbImage(png.Width, png.Height);
        for (int from = 0, to = 0; from < samples.Length; from += 4, to += RgbImage.Channels)
        {
            // Half precision is exact for the levels that matter here, 0 to 255 of 65,535.
            var level = (byte)Math.Clamp(Math.Round((float)samples[from] * ushort.MaxValue), byte.MinValue, byte.MaxValue);
            image.Pixels.AsSpan(to, RgbImage.Channels).Fill(level);
        }

        return image;
    }

    private static byte[] Read(SKCodec codec, SKColorType color, int bytesPerPixel)
    {
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, color, SKAlphaType.Unpremul, colorspace: null);
        var pixels = new byte[checked(info.Width * info.Height * bytesPerPixel)];
        var handle = GCHandle.Alloc(pixels, GCHandleType.Pinned);
        try
        {
            var result = codec.GetPixels(info, handle.AddrOfPinnedObject());
            return result == SKCodecResult.Success
                ? pixels
                : throw new InvalidDataException(
                    $"The {codec.EncodedFormat} image of {info.Width}x{info.Height} pixels cannot be decoded ({result}): the file is damaged or cut short.");
        }
        finally
        {
            handle.Free();
        }
    }

    /// <summary>Pillow's <c>alpha_composite</c> over opaque white, in its own integer arithmetic.</summary>
    private static byte OnWhite(byte value, byte alpha)
    {
        const int PrecisionBits = 7;
        if (alpha is 0 or byte.MaxValue)
        {
            return alpha == 0 ? byte.MaxValue : value;
        }

        var blend = 255u * (255u - alpha);
        var total = (alpha * 255u) + blend;
        var front = alpha * 255u * 255u * (1u << PrecisionBits) / total;
        var back = (255u * (1u << PrecisionBits)) - front;
        var sum = (value * front) + (255u * back) + (0x80u << PrecisionBits);
        return (byte)((((sum >> 8) + sum) >> 8) >> PrecisionBits);
    }
}

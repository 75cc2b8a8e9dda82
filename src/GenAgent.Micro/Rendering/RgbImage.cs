using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Micro.Rendering;

/// <summary>
/// An image as plain bytes: rows from the top, three bytes (red, green, blue) a pixel, no padding. Do not change the bytes.
/// </summary>
public sealed class RgbImage
{
    private const int MaxSide = 8192;

    /// <summary>Wraps the pixels without copying them.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="pixels">The pixels.</param>
    /// <exception cref="ArgumentException">The length is not width x height x 3.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (pixels.Length != width * height * 3)
            throw new ArgumentException($"An image of {width} x {height} has {width * height * 3} bytes, but got {pixels.Length}.", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>The bytes: red of (x, y) is at <c>3 * (y * Width + x)</c>.</summary>
    public byte[] Pixels { get; }

    /// <summary>Reads an encoded image (PNG, JPEG, WebP and other formats that Skia reads); transparency is composited on white.</summary>
    /// <param name="encoded">The encoded image.</param>
    /// <returns>The image.</returns>
    /// <exception cref="InvalidDataException">The bytes are no image that can be read.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> encoded)
    {
        using var data = SKData.CreateCopy(encoded);
        using var codec = SKCodec.Create(data) ?? throw new InvalidDataException($"The {encoded.Length} bytes are no image that can be read.");
        if (codec.Info.Width > MaxSide || codec.Info.Height > MaxSide)
            throw new InvalidDataException($"The image declares {codec.Info.Width} x {codec.Info.Height} pixels; at most {MaxSide} a side are read.");
        using var bitmap = SKBitmap.Decode(codec, new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul))
            ?? throw new InvalidDataException($"The image of {codec.Info.Width} x {codec.Info.Height} is damaged.");
        return FromRgba(bitmap.GetPixelSpan(), bitmap.Width, bitmap.Height, bitmap.RowBytes);
    }

    /// <summary>Reads an encoded image.</summary>
    /// <param name="content">The image's bytes and media type.</param>
    /// <returns>The image.</returns>
    /// <exception cref="InvalidDataException">The content is no image that can be read.</exception>
    public static RgbImage Decode(DataContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        return Decode(content.Data.Span);
    }

    /// <summary>Left and right exchanged.</summary>
    /// <returns>A new image.</returns>
    public RgbImage Mirrored()
    {
        var mirrored = new byte[Pixels.Length];
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
                Pixels.AsSpan(3 * ((y * Width) + x), 3).CopyTo(mirrored.AsSpan(3 * ((y * Width) + Width - 1 - x), 3));
        }

        return new RgbImage(Width, Height, mirrored);
    }

    /// <summary>The image as PNG.</summary>
    /// <returns>The file's bytes.</returns>
    public byte[] EncodePng() => Encode(SKEncodedImageFormat.Png, 100);

    /// <summary>The image in a format and quality (1 to 100, for the lossy ones).</summary>
    /// <param name="format">The file format.</param>
    /// <param name="quality">1 to 100, for the lossy ones.</param>
    /// <returns>The file's bytes.</returns>
    public byte[] Encode(SKEncodedImageFormat format, int quality)
    {
        using var bitmap = ToBitmap();
        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>The image at another size: averaged when it shrinks, cubic when it grows.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <returns>A new image.</returns>
    public RgbImage Resize(int width, int height)
    {
        if (width == Width && height == Height)
            return this;
        using var bitmap = ToBitmap();
        var sampling = width < Width ? new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear) : new SKSamplingOptions(SKCubicResampler.Mitchell);
        using var resized = bitmap.Resize(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque), sampling);
        return FromRgba(resized.GetPixelSpan(), width, height, resized.RowBytes);
    }

    internal static RgbImage FromRgba(ReadOnlySpan<byte> rgba, int width, int height, int rowBytes)
    {
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            var row = rgba.Slice(y * rowBytes, width * 4);
            var target = pixels.AsSpan(y * width * 3, width * 3);
            for (int s = 0, t = 0; s < row.Length; s += 4, t += 3)
            {
                var alpha = row[s + 3];
                target[t] = OnWhite(row[s], alpha);
                target[t + 1] = OnWhite(row[s + 1], alpha);
                target[t + 2] = OnWhite(row[s + 2], alpha);
            }
        }

        return new RgbImage(width, height, pixels);
    }

    private static byte OnWhite(byte value, byte alpha) => alpha == 255 ? value : (byte)(((value * alpha) + (255 * (255 - alpha)) + 127) / 255);

    private SKBitmap ToBitmap()
    {
        var bitmap = new SKBitmap(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var rgba = bitmap.GetPixelSpan();
        for (int s = 0, t = 0; s < Pixels.Length; s += 3, t += 4)
        {
            rgba[t] = Pixels[s];
            rgba[t + 1] = Pixels[s + 1];
            rgba[t + 2] = Pixels[s + 2];
            rgba[t + 3] = 255;
        }

        return bitmap;
    }
}

using System.Globalization;
using System.Text;
using SkiaSharp;

namespace GenAgent.Cli.Screens;

/// <summary>Images as the control sequences of terminals that can draw them.</summary>
internal static class ImageSequences
{
    // The protocol's own limit for a chunk of base64.
    private const int KittyChunk = 4096;

    // Sixels are pixels, and a terminal does not say how many a character has; this is a common size, and small enough for all.
    private const int CellWidth = 8;
    private const int CellHeight = 16;
    private const int SixelLevels = 6;

    /// <summary>kitty's graphics protocol: a PNG in base64, in chunks, scaled by the terminal.</summary>
    public static string Kitty(SKBitmap image, int columns, int rows)
    {
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        var base64 = Convert.ToBase64String(png.AsSpan());
        var sequence = new StringBuilder(base64.Length + 256);
        for (var start = 0; start < base64.Length; start += KittyChunk)
        {
            var length = Math.Min(KittyChunk, base64.Length - start);
            var first = start == 0 ? string.Create(CultureInfo.InvariantCulture, $"a=T,f=100,q=2,c={columns},r={rows},") : string.Empty;
            sequence.Append(CultureInfo.InvariantCulture, $"\e_G{first}m={(start + length < base64.Length ? 1 : 0)};").Append(base64, start, length)
                .Append("\e\\");
        }

        return sequence.ToString();
    }

    /// <summary>iTerm2's inline image: the encoded file as it is.</summary>
    public static string Iterm(ReadOnlySpan<byte> encoded, int columns, int rows) => string.Create(
        CultureInfo.InvariantCulture,
            $"\e]1337;File=inline=1;size={encoded.Length};width={columns};height={rows};preserveAspectRatio=1:{Convert.ToBase64String(encoded)}\a");

    /// <summary>DEC's sixels: strips of six rows, each colour of a fixed cube of 216 drawn in its turn.</summary>
    public static string Sixel(SKBitmap image, int columns, int rows)
    {
        using var scaled =
            image.Resize(new SKImageInfo(columns * CellWidth, rows * CellHeight, SKColorType.Rgba8888, SKAlphaType.Unpremul),
            new SKSamplingOptions(SKCubicResampler.Mitchell));
        var (width, height) = (scaled.Width, scaled.Height);
        var colours = Array.ConvertAll(scaled.Pixels, Quantize);
        var sequence = new StringBuilder().Append(CultureInfo.InvariantCulture, $"\eP0;1q\"1;1;{width};{height}");
        foreach (var colour in colours.Distinct().Order())
        {
            var (red, green, blue) = (colour / 36, colour / 6 % 6, colour % 6);
            sequence.Append(CultureInfo.InvariantCulture, $"#{colour};2;{red * 20};{green * 20};{blue * 20}");
        }

        for (var top = 0; top < height; top += 6)
        {
            AppendStrip(sequence, colours, width, top, Math.Min(6, height - top));
        }

        return sequence.Append("\e\\").ToString();
    }

    private static void AppendStrip(StringBuilder sequence, int[] colours, int width, int top, int rows)
    {
        var strip = colours.AsSpan(top * width, rows * width).ToArray();
        foreach (var colour in strip.Distinct())
        {
            sequence.Append(CultureInfo.InvariantCulture, $"#{colour}");
            var (run, last) = (0, '\0');
            for (var x = 0; x <= width; x++)
            {
                var sixel = x < width ? SixelAt(strip, colour, width, x, rows) : '\0';
                if (sixel == last)
                {
                    run++;
                    continue;
                }

                AppendRun(sequence, last, run);
                (run, last) = (1, sixel);
            }

            sequence.Append('$');
        }

        sequence.Append('-');
    }

    private static char SixelAt(int[] strip, int colour, int width, int x, int rows)
    {
        var bits = 0;
        for (var y = 0; y < rows; y++)
        {
            bits |= strip[(y * width) + x] == colour ? 1 << y : 0;
        }

        return (char)('?' + bits);
    }

    private static void AppendRun(StringBuilder sequence, char sixel, int run)
    {
        if (run > 3)
        {
            sequence.Append(CultureInfo.InvariantCulture, $"!{run}{sixel}");
        }
        else
        {
            sequence.Append(sixel, run);
        }
    }

    private static int Quantize(SKColor pixel) => (Level(pixel.Red, pixel.Alpha) * 36) + (Level(pixel.Green, pixel.Alpha) * 6) + Level(pixel.Blue, pixel.Alpha);

    private static int Level(byte channel, byte alpha) => ((channel * alpha / 255 * (SixelLevels - 1)) + 127) / 255;
}

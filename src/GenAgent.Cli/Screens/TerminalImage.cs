using Microsoft.Extensions.AI;
using SkiaSharp;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Draws an image where the cursor is, as large as the terminal allows.</summary>
internal static class TerminalImage
{
    private const int Indent = 2;
    private const int NarrowestTerminal = 8;
    private const int MostColumns = 64;
    private const int MostRows = 20;

    /// <summary>Draws the image, or nothing where that cannot be done: the image is on disk all the same.</summary>
    public static void Write(IAnsiConsole console, ImageProtocol protocol, DataContent image)
    {
        if (protocol == ImageProtocol.None)
        {
            return;
        }

        using var data = SKData.CreateCopy(image.Data.Span);
        using var codec = SKCodec.Create(data);
        using var decoded = codec is null || console.Profile.Width < NarrowestTerminal ? null : SKBitmap.Decode(codec);
        if (decoded is null)
        {
            return;
        }

        var (columns, rows) = Fit(decoded.Width, decoded.Height, console.Profile.Width);
        if (protocol == ImageProtocol.Blocks)
        {
            using var small =
                decoded.Resize(new SKImageInfo(columns, rows * 2, SKColorType.Rgba8888, SKAlphaType.Unpremul),
                new SKSamplingOptions(SKCubicResampler.Mitchell));
            console.Write(new Padder(new HalfBlocks(small), new Padding(Indent, 0, 0, 0)));
            return;
        }

        var sequence = protocol switch
        {
            ImageProtocol.Kitty => ImageSequences.Kitty(decoded, columns, rows),
            ImageProtocol.Iterm => ImageSequences.Iterm(image.Data.Span, columns, rows),
            _ => ImageSequences.Sixel(decoded, columns, rows),
        };
        console.Write(new Text(new string(' ', Indent)));
        console.Write(new ControlCode(sequence));
        console.WriteLine();
    }

    /// <summary>Columns and rows that keep the image's shape, a character being twice as high as wide.</summary>
    internal static (int Columns, int Rows) Fit(int width, int height, int terminalWidth)
    {
        var most = Math.Clamp(terminalWidth - Indent - 1, 1, MostColumns);
        var columns = Math.Min(most, MostRows * 2.0 * width / height);
        var rows = columns * height / width / 2;
        return (Math.Max(1, (int)Math.Round(columns)), Math.Max(1, (int)Math.Round(rows)));
    }
}

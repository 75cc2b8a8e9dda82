using SkiaSharp;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GenAgent.Cli.Screens;

/// <summary>A bitmap as characters, two pixels each: the upper one is the foreground of ▀, the lower one its background.</summary>
internal sealed class HalfBlocks : Renderable
{
    private readonly int _width;
    private readonly SKColor[] _pixels;

    /// <summary>Reads the bitmap; its height is even.</summary>
    public HalfBlocks(SKBitmap bitmap) => (_width, _pixels) = (bitmap.Width, bitmap.Pixels);

    protected override Measurement Measure(RenderOptions options, int maxWidth) => new(_width, _width);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        for (var row = 0; row + _width < _pixels.Length; row += 2 * _width)
        {
            for (var x = 0; x < _width; x++)
            {
                yield return new Segment("▀", new Style(ColorOf(_pixels[row + x]), ColorOf(_pixels[row + _width + x])));
            }

            yield return Segment.LineBreak;
        }
    }

    // What is transparent shows black, as most terminals are.
    private static Color ColorOf(SKColor pixel) =>
        new((byte)(pixel.Red * pixel.Alpha / 255), (byte)(pixel.Green * pixel.Alpha / 255), (byte)(pixel.Blue * pixel.Alpha / 255));
}

using System.Text.RegularExpressions;
using GenAgent.Cli.Screens;
using Microsoft.Extensions.AI;
using SkiaSharp;
using Spectre.Console;
using Spectre.Console.Testing;

namespace GenAgent.Cli.Tests.Screens;

public sealed class TerminalImageTests : IDisposable
{
    private readonly TestConsole _console = new TestConsole().Width(80).Colors(ColorSystem.TrueColor).EmitAnsiSequences();

    public void Dispose() => _console.Dispose();

    private static DataContent Picture(int width, int height, Func<int, int, SKColor> colour)
    {
        using var bitmap = new SKBitmap(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, colour(x, y));
            }
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return new DataContent(png.ToArray(), "image/png");
    }

    [Theory]
    [InlineData(1024, 1024, 80, 40, 20)]
    [InlineData(1024, 1024, 25, 22, 11)]
    [InlineData(2048, 512, 80, 64, 8)]
    [InlineData(512, 2048, 80, 10, 20)]
    [InlineData(10000, 1, 80, 64, 1)]
    [InlineData(1, 10000, 80, 1, 20)]
    public void An_image_keeps_its_shape_and_fits_the_terminal(int width, int height, int terminal, int columns, int rows) =>
        TerminalImage.Fit(width, height, terminal).ShouldBe((columns, rows));

    [Fact]
    public void Half_blocks_show_the_upper_pixel_above_the_lower_one()
    {
        using var written = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(written), Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.TrueColor });
        console.Profile.Width = 80;
        TerminalImage.Write(console, ImageProtocol.Blocks, Picture(64, 16, (_, y) => y < 8 ? SKColors.Red : SKColors.Blue));

        var lines = written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(8);
        lines[0].ShouldContain("38;2;255;0;0");
        lines[^1].ShouldContain("48;2;0;0;255");
        lines.ShouldAllBe(line => line.Count(c => c == '▀') == 64);
    }

    [Fact]
    public void Kitty_gets_the_whole_PNG_in_chunks_that_it_accepts()
    {
        var random = new Random(1);
        TerminalImage.Write(_console, ImageProtocol.Kitty, Picture(64, 64, (_, _) => new SKColor((uint)random.Next() | 0xFF000000)));

        var chunks = Regex.Matches(_console.Output, "\e_G([^;]*);([^\e]*)\e\\\\").ToList();
        chunks.Count.ShouldBeGreaterThan(2);
        chunks[0].Groups[1].Value.ShouldBe("a=T,f=100,q=2,c=40,r=20,m=1");
        chunks.Skip(1).SkipLast(1).ShouldAllBe(chunk => chunk.Groups[1].Value == "m=1");
        chunks[^1].Groups[1].Value.ShouldBe("m=0");
        chunks.ShouldAllBe(chunk => chunk.Groups[2].Length <= 4096);
        using var shown = SKBitmap.Decode(Convert.FromBase64String(string.Concat(chunks.Select(chunk => chunk.Groups[2].Value))));
        shown.Width.ShouldBe(64);
    }

    [Fact]
    public void ITerm_gets_the_file_as_it_is()
    {
        var image = Picture(64, 32, (_, _) => SKColors.Green);
        TerminalImage.Write(_console, ImageProtocol.Iterm, image);

        var sequence = Regex.Match(_console.Output, "\e\\]1337;File=inline=1;size=([0-9]+);width=64;height=16;preserveAspectRatio=1:([^\a]*)\a");
        sequence.Groups[1].Value.ShouldBe($"{image.Data.Length}");
        Convert.FromBase64String(sequence.Groups[2].Value).ShouldBe(image.Data.ToArray());
    }

    [Fact]
    public void Sixels_draw_every_pixel_once_in_its_colour()
    {
        TerminalImage.Write(_console, ImageProtocol.Sixel, Picture(4, 2, (x, _) => x < 2 ? SKColors.Red : SKColors.Lime));

        var (width, height, pixels) = ReadSixels(_console.Output);
        (width, height).ShouldBe((64 * 8, 16 * 16));
        pixels[(8 * width) + 8].ShouldBe((100, 0, 0));
        pixels[(8 * width) + width - 8].ShouldBe((0, 100, 0));
        pixels.ShouldNotContain((-1, -1, -1));
    }

    [Fact]
    public void What_is_no_image_or_finds_no_room_draws_nothing()
    {
        TerminalImage.Write(_console, ImageProtocol.Blocks, new DataContent(new byte[] { 1, 2, 3 }, "image/png"));
        TerminalImage.Write(_console, ImageProtocol.None, Picture(4, 4, (_, _) => SKColors.Red));
        TerminalImage.Write(_console.Width(6), ImageProtocol.Blocks, Picture(4, 4, (_, _) => SKColors.Red));

        _console.Output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("TERM=xterm-kitty", ImageProtocol.Kitty)]
    [InlineData("TERM_PROGRAM=ghostty", ImageProtocol.Kitty)]
    [InlineData("TERM_PROGRAM=iTerm.app", ImageProtocol.Iterm)]
    [InlineData("TERM_PROGRAM=WezTerm", ImageProtocol.Iterm)]
    [InlineData("TERM=foot", ImageProtocol.Sixel)]
    [InlineData("TERM=xterm-256color", ImageProtocol.Blocks)]
    [InlineData("TERM=xterm-kitty,TMUX=socket", ImageProtocol.Blocks)]
    public void The_best_that_the_terminal_is_known_to_have_is_chosen(string environment, object expected)
    {
        var variables = environment.Split(',').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        TerminalImages.Choose(ImageProtocol.Auto, _console, variables).ShouldBe((ImageProtocol)expected);
    }

    [Fact]
    public void Without_colours_or_control_sequences_no_image_is_drawn()
    {
        _console.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
        TerminalImages.Choose(ImageProtocol.Auto, _console, new Dictionary<string, string>()).ShouldBe(ImageProtocol.None);

        _console.Profile.Capabilities.Ansi = false;
        TerminalImages.Choose(ImageProtocol.Kitty, _console, new Dictionary<string, string>()).ShouldBe(ImageProtocol.None);
    }

    // A reader of sixels, by the format's own description: enough of it for what is written here.
    private static (int Width, int Height, (int Red, int Green, int Blue)[] Pixels) ReadSixels(string text)
    {
        var start = Regex.Match(text, "\eP0;1q\"1;1;([0-9]+);([0-9]+)");
        var (width, height) = (int.Parse(start.Groups[1].Value), int.Parse(start.Groups[2].Value));
        var pixels = Enumerable.Repeat((-1, -1, -1), width * height).ToArray();
        var palette = new Dictionary<int, (int, int, int)>();
        var (x, top, colour) = (0, 0, 0);
        foreach (Match token in Regex.Matches(
            text[(start.Index + start.Length)..text.LastIndexOf("\e\\", StringComparison.Ordinal)],
            "#([0-9]+)(;2;([0-9]+);([0-9]+);([0-9]+))?|!([0-9]+)(.)|[$]|-|[?-~]"))
        {
            int Group(int index) => int.Parse(token.Groups[index].Value);
            if (token.Value[0] == '#')
            {
                colour = Group(1);
                if (token.Groups[2].Success)
                {
                    palette[colour] = (Group(3), Group(4), Group(5));
                }
            }
            else if (token.Value[0] is '$' or '-')
            {
                (x, top) = (0, token.Value[0] == '-' ? top + 6 : top);
            }
            else
            {
                var (run, sixel) = token.Value[0] == '!' ? (Group(6), token.Groups[7].Value[0]) : (1, token.Value[0]);
                for (; run > 0; run--, x++)
                {
                    for (var bit = 0; bit < 6; bit++)
                    {
                        if (((sixel - '?') >> bit & 1) == 1)
                        {
                            pixels[((top + bit) * width) + x].ShouldBe((-1, -1, -1));
                            pixels[((top + bit) * width) + x] = palette[colour];
                        }
                    }
                }
            }
        }

        return (width, height, pixels);
    }
}

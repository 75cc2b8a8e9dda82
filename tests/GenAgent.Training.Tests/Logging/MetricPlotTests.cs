using GenAgent.Storage;
using GenAgent.Training.Logging;
using ScottPlot;
using SkiaSharp;

namespace GenAgent.Training.Tests.Logging;

public sealed class MetricPlotTests
{
    [Fact]
    public void The_plot_brings_its_own_font_so_that_a_server_without_any_still_shows_names_and_numbers()
    {
        PlotFont.Register();
        using var typeface = Fonts.GetTypeface(PlotFont.Name, bold: true, italic: false);
        typeface.FamilyName.ShouldBe("DejaVu Sans");
        typeface.GlyphCount.ShouldBe(99, "the few characters that are embedded, not a font of this machine");
        using var font = new SKFont(typeface, 20);
        font.ContainsGlyphs(new string([.. Enumerable.Range(' ', '~' - ' ').Select(letter => (char)letter)])).ShouldBeTrue();
        font.MeasureText("samples 1e6").ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Names_of_figures_are_drawn_in_title_and_legend()
    {
        using var folder = new TemporaryFolder();
        Ink(folder, "iiii").ShouldBeLessThan(Ink(folder, "WWWW"));
        Ink(folder, "s/iiii", "s/i").ShouldBeLessThan(Ink(folder, "s/WWWW", "s/W"));
    }

    [Theory]
    [InlineData(1, "loss")]
    [InlineData(1, "success/1-2", "success/3-4")]
    [InlineData(2, "loss", "learning_rate")]
    [InlineData(2, "time/tokens_per_second", "time/share")]
    [InlineData(3, "loss", "reward", "seconds/rollouts")]
    public void Each_unit_has_a_chart_of_its_own_with_named_axes(int charts, params string[] names)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("plot.png");
        MetricPlot.Write(path, [.. Enumerable.Range(1, 3).Select(step => new MetricEntry(step, step, names.ToDictionary(name => name, _ => 1.0 / step)))]);

        using var plot = SKBitmap.Decode(path);
        plot.Height.ShouldBe(charts * 280);

        // The names of the axes: dark pixels below the numbers of the steps, and left of the values.
        for (var chart = 0; chart < charts; chart++)
        {
            Dark(plot, 300, (chart * 280) + 258, 600, (chart * 280) + 279).ShouldBeGreaterThan(10);
            Dark(plot, 0, (chart * 280) + 40, 24, (chart * 280) + 240).ShouldBeGreaterThan(10);
        }
    }

    private static int Dark(SKBitmap plot, int left, int top, int right, int bottom)
    {
        var dark = 0;
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                if (plot.GetPixel(x, y).Red < 128) dark++;
            }
        }

        return dark;
    }

    // Pixels that are not white: more, where wider letters stand.
    private static int Ink(TemporaryFolder folder, params string[] names)
    {
        var path = folder.File("plot.png");
        MetricPlot.Write(path, [.. Enumerable.Range(1, 3).Select(step => new MetricEntry(step, step, names.ToDictionary(name => name, _ => 1.0 / step)))]);
        using var plot = SKBitmap.Decode(path);
        return plot.Pixels.Count(pixel => pixel.Red < 128 && pixel.Green < 128 && pixel.Blue < 128);
    }
}

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

    // Pixels that are not white: more, where wider letters stand.
    private static int Ink(TemporaryFolder folder, params string[] names)
    {
        var path = folder.File("plot.png");
        MetricPlot.Write(path, [.. Enumerable.Range(1, 3).Select(step => new MetricEntry(step, step, names.ToDictionary(name => name, _ => 1.0 / step)))]);
        using var plot = SKBitmap.Decode(path);
        return plot.Pixels.Count(pixel => pixel.Red < 128 && pixel.Green < 128 && pixel.Blue < 128);
    }
}

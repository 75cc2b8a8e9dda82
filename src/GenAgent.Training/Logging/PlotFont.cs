using ScottPlot;
using SkiaSharp;

namespace GenAgent.Training.Logging;

/// <summary>An embedded font for plots (ASCII only): servers and containers often have no fonts, and then text would be missing.</summary>
public sealed class PlotFont : IFontResolver
{
    /// <summary>The font's name in plots.</summary>
    public const string Name = "GenAgent plot";

    private const string Resource = "PlotFont.ttf";

    private static readonly Lazy<bool> Registered = new(() =>
    {
        Fonts.FontResolvers.Insert(0, new PlotFont());
        return true;
    });

    private PlotFont()
    {
    }

    /// <summary>Registers the font with ScottPlot; later calls do nothing.</summary>
    public static void Register() => _ = Registered.Value;

    /// <summary>The font, in any style, if the name matches; null for other names. The caller owns it.</summary>
    /// <param name="fontName">The name that is asked for.</param>
    /// <param name="weight">How bold.</param>
    /// <param name="slant">How slanted.</param>
    /// <param name="spacing">How wide.</param>
    /// <returns>The typeface, or null.</returns>
    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
        string.Equals(fontName, Name, StringComparison.Ordinal) ? Open() : null;

    /// <inheritdoc cref="CreateTypeface(string, FontWeight, FontSlant, FontSpacing)"/>
    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
        string.Equals(fontName, Name, StringComparison.Ordinal) ? Open() : null;

    private static SKTypeface Open()
    {
        using var font = typeof(PlotFont).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks {Resource}.");
        return SKTypeface.FromStream(font) ?? throw new InvalidOperationException($"{Resource} is no font.");
    }
}

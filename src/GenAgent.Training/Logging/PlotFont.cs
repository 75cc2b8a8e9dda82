using ScottPlot;
using SkiaSharp;

namespace GenAgent.Training.Logging;

/// <summary>A font that plots bring along (ASCII alone): servers and containers often have none, and text in no font is not drawn.</summary>
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

    /// <summary>Makes the font known to ScottPlot; later calls do nothing.</summary>
    public static void Register() => _ = Registered.Value;

    /// <summary>The font for its own name, whatever the style; null for all others. The caller owns it.</summary>
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

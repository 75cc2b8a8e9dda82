using GenAgent.Micro.Scenes;
using SkiaSharp;

namespace GenAgent.Micro.Rendering;

/// <summary>
/// Paints scenes, anti-aliased. Not thread-safe; it reuses its canvas, so reuse the renderer.
/// The same scene gives the same bytes.
/// </summary>
public sealed class SceneRenderer : IDisposable
{
    private static readonly float[] UnitOf = [.. Enumerable.Range(0, 256).Select(v => (v / 127.5f) - 1)];

    private readonly SKBitmap _bitmap;
    private readonly SKCanvas _canvas;
    private readonly SKPaint _paint = new() { IsAntialias = true, Style = SKPaintStyle.Fill };

    /// <summary>Makes a renderer of images of <paramref name="scale"/> x 96 pixels a side.</summary>
    /// <param name="scale">How many times the native size, 1 to 32.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scale is out of range.</exception>
    public SceneRenderer(int scale = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, 32);
        Scale = scale;
        _bitmap = new SKBitmap(new SKImageInfo(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque));
        _canvas = new SKCanvas(_bitmap);
    }

    /// <summary>How many times the native size.</summary>
    public int Scale { get; }

    /// <summary>Width and height of the images in pixels.</summary>
    public int Side => World.ImageSize * Scale;

    /// <summary>Paints a scene.</summary>
    /// <param name="scene">The scene.</param>
    /// <returns>A new image.</returns>
    public RgbImage Render(Scene scene)
    {
        var pixels = new byte[Side * Side * 3];
        RenderRgb(scene, pixels);
        return new RgbImage(Side, Side, pixels);
    }

    /// <summary>Paints a scene into bytes, <c>[height, width, 3]</c>.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="pixels">The pixels.</param>
    /// <exception cref="ArgumentException">The span does not hold exactly one image.</exception>
    public void RenderRgb(Scene scene, Span<byte> pixels)
    {
        RequireLength(pixels.Length);
        Paint(scene);
        ReadOnlySpan<byte> rgba = _bitmap.GetPixelSpan();
        for (int s = 0, t = 0; t < pixels.Length; s += 4, t += 3)
        {
            pixels[t] = rgba[s];
            pixels[t + 1] = rgba[s + 1];
            pixels[t + 2] = rgba[s + 2];
        }
    }

    /// <summary>Paints a scene into floats in [-1, 1], <c>[3, height, width]</c>, as autoencoders take them.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="planes">Where the floats go; three planes.</param>
    /// <exception cref="ArgumentException">The span does not hold exactly one image.</exception>
    public void RenderPlanes(Scene scene, Span<float> planes)
    {
        RequireLength(planes.Length);
        Paint(scene);
        ReadOnlySpan<byte> rgba = _bitmap.GetPixelSpan();
        var area = Side * Side;
        var red = planes[..area];
        var green = planes.Slice(area, area);
        var blue = planes.Slice(2 * area, area);
        for (int i = 0, s = 0; i < area; i++, s += 4)
        {
            red[i] = UnitOf[rgba[s]];
            green[i] = UnitOf[rgba[s + 1]];
            blue[i] = UnitOf[rgba[s + 2]];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _paint.Dispose();
        _canvas.Dispose();
        _bitmap.Dispose();
    }

    private void RequireLength(int length)
    {
        if (length != Side * Side * 3)
            throw new ArgumentException($"An image of {Side} x {Side} has {Side * Side * 3} values, but the span has {length}.", nameof(length));
    }

    private void Paint(Scene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        _canvas.ResetMatrix();
        _canvas.Clear(Color(World.Paint(scene.Canvas)));
        foreach (var item in scene.Objects)
        {
            var radius = item.Radius * Scale;
            _canvas.SetMatrix(SKMatrix.CreateScaleTranslation(radius, radius, item.CenterX * Scale, item.CenterY * Scale));
            _paint.Color = Color(World.Paint(item.Color));
            _canvas.DrawPath(ShapePaths.Of(item.Class), _paint);
        }

        _canvas.Flush();
    }

    private static SKColor Color(Rgb color) => new(color.R, color.G, color.B);
}

using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using SkiaSharp;

namespace GenAgent.Micro.Tests.Rendering;

public sealed class SceneRendererTests
{
    private static readonly Scene OneOfEach = new(
        CanvasColor.White,
        World.Classes.Take(7).Select((c, i) => new SceneObject(c, (ShapeColor)i, ShapeSize.Large, (GridCell)i)));

    private static Rgb At(RgbImage image, int x, int y)
    {
        var i = 3 * ((y * image.Width) + x);
        return new Rgb(image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Objects_stand_at_their_cells_in_their_colours_at_every_scale(int scale)
    {
        using var renderer = new SceneRenderer(scale);
        var image = renderer.Render(OneOfEach);

        image.Width.ShouldBe(96 * scale);
        foreach (var item in OneOfEach.Objects.Where(o => o.Class != ShapeClass.Ring))
            At(image, (int)(item.CenterX * scale), (int)(item.CenterY * scale)).ShouldBe(World.Paint(item.Color), item.ToString());
        var ring = OneOfEach.Objects.Single(o => o.Class == ShapeClass.Ring);
        At(image, (int)(ring.CenterX * scale), (int)(ring.CenterY * scale)).ShouldBe(World.Paint(CanvasColor.White));
        At(image, (int)((ring.CenterX + 9) * scale), (int)(ring.CenterY * scale)).ShouldBe(World.Paint(ring.Color));
        At(image, image.Width - 1, image.Height - 1).ShouldBe(World.Paint(CanvasColor.White));
    }

    [Fact]
    public void Edges_are_anti_aliased_and_jitter_moves_them_by_fractions_of_a_pixel()
    {
        using var renderer = new SceneRenderer();
        var square = new SceneObject(ShapeClass.Square, ShapeColor.Blue, ShapeSize.Large, GridCell.Center);
        var still = renderer.Render(new Scene(CanvasColor.Black, [square]));
        var moved = renderer.Render(new Scene(CanvasColor.Black, [square with { JitterX = 0.5f }]));

        var edge = 48 + (int)Math.Floor(0.88 * 12);
        ((int)At(still, edge, 48).B).ShouldBeInRange(100, 160);
        ((int)At(moved, edge, 48).B).ShouldBeGreaterThan(215);
    }

    [Fact]
    public void Planes_hold_the_same_image_between_minus_one_and_one()
    {
        using var renderer = new SceneRenderer();
        var image = renderer.Render(OneOfEach);
        var planes = new float[3 * 96 * 96];

        renderer.RenderPlanes(OneOfEach, planes);

        for (var i = 0; i < 96 * 96; i += 97)
        {
            for (var c = 0; c < 3; c++)
                ((planes[(c * 96 * 96) + i] + 1) * 127.5f).ShouldBe(image.Pixels[(3 * i) + c], 0.01f);
        }
    }

    [Fact]
    public void One_scene_leaves_no_trace_in_the_next()
    {
        using var renderer = new SceneRenderer();
        using var fresh = new SceneRenderer();
        renderer.Render(OneOfEach);

        var empty = new Scene(CanvasColor.Gray, []);
        renderer.Render(empty).Pixels.ShouldBe(fresh.Render(empty).Pixels);
    }

    [Fact]
    public void A_png_holds_the_very_pixels()
    {
        using var renderer = new SceneRenderer(2);
        var image = renderer.Render(OneOfEach);

        RgbImage.Decode(image.EncodePng()).Pixels.ShouldBe(image.Pixels);
    }

    [Fact]
    public void Transparency_is_laid_on_white()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(2, 1, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        bitmap.SetPixel(0, 0, new SKColor(255, 0, 0, 128));
        bitmap.SetPixel(1, 0, new SKColor(0, 0, 0, 0));
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);

        var image = RgbImage.Decode(png.ToArray());

        At(image, 0, 0).ShouldBe(new Rgb(255, 127, 127));
        At(image, 1, 0).ShouldBe(new Rgb(255, 255, 255));
    }

    [Fact]
    public void Bytes_that_are_no_image_and_spans_of_the_wrong_length_are_refused()
    {
        using var renderer = new SceneRenderer();

        Should.Throw<InvalidDataException>(() => RgbImage.Decode([1, 2, 3])).Message.ShouldContain("3 bytes");
        Should.Throw<ArgumentException>(() => renderer.RenderRgb(OneOfEach, new byte[5])).Message.ShouldContain("27648");
        Should.Throw<ArgumentException>(() => new RgbImage(2, 2, new byte[11])).Message.ShouldContain("12");
        Should.Throw<ArgumentOutOfRangeException>(() => new SceneRenderer(0));
    }
}

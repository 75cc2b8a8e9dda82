using GenAgent.Micro.Scenes;
using SkiaSharp;

namespace GenAgent.Micro.Rendering;

/// <summary>
/// The outlines of the classes, in a box from (-1, -1) to (1, 1), y downwards. Skia's paths may be read from many threads once they are built.
/// </summary>
internal static class ShapePaths
{
    private static readonly SKPath[] Paths = [.. World.Classes.Select(Build)];

    public static SKPath Of(ShapeClass kind) => Paths[(int)kind];

    private static SKPath Build(ShapeClass kind)
    {
        using var path = new SKPathBuilder();
        switch (kind)
        {
            case ShapeClass.Circle:
                path.AddCircle(0, 0, 1);
                break;
            case ShapeClass.Square:
                path.AddRect(new SKRect(-0.88f, -0.88f, 0.88f, 0.88f));
                break;
            case ShapeClass.Triangle:
                path.AddPoly([new(0, -1), new(1, 0.85f), new(-1, 0.85f)], close: true);
                break;
            case ShapeClass.Star:
                path.AddPoly(StarPoints(), close: true);
                break;
            case ShapeClass.Cross:
                const float arm = 0.34f;
                path.AddPoly(
                    [
                        new(-arm, -1), new(arm, -1), new(arm, -arm), new(1, -arm), new(1, arm), new(arm, arm),
                        new(arm, 1), new(-arm, 1), new(-arm, arm), new(-1, arm), new(-1, -arm), new(-arm, -arm),
                    ],
                    close: true);
                break;
            case ShapeClass.Ring:
                path.FillType = SKPathFillType.EvenOdd;
                path.AddCircle(0, 0, 1);
                path.AddCircle(0, 0, 0.52f);
                break;
            case ShapeClass.Heart:
                path.MoveTo(0, 0.95f);
                path.CubicTo(-0.45f, 0.55f, -1, 0.15f, -1, -0.38f);
                path.CubicTo(-1, -0.75f, -0.75f, -0.92f, -0.52f, -0.92f);
                path.CubicTo(-0.28f, -0.92f, -0.08f, -0.78f, 0, -0.5f);
                path.CubicTo(0.08f, -0.78f, 0.28f, -0.92f, 0.52f, -0.92f);
                path.CubicTo(0.75f, -0.92f, 1, -0.75f, 1, -0.38f);
                path.CubicTo(1, 0.15f, 0.45f, 0.55f, 0, 0.95f);
                path.Close();
                break;
            case ShapeClass.Diamond:
                path.AddPoly([new(0, -1), new(0.78f, 0), new(0, 1), new(-0.78f, 0)], close: true);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such class.");
        }

        return path.Detach();
    }

    private static SKPoint[] StarPoints() => [.. Enumerable.Range(0, 10).Select(i =>
    {
        var radius = i % 2 == 0 ? 1.05 : 0.45;
        var angle = Math.PI * i / 5;
        return new SKPoint((float)(radius * Math.Sin(angle)), (float)((-radius * Math.Cos(angle)) + 0.05));
    })];
}

using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>A box in pixels of the native 96 x 96 image; the right and bottom edges are exclusive.</summary>
/// <param name="Left">Left edge.</param>
/// <param name="Top">Top edge.</param>
/// <param name="Right">Right edge.</param>
/// <param name="Bottom">Bottom edge.</param>
public sealed record PixelBox(int Left, int Top, int Right, int Bottom);

/// <summary>An object read from an image. Class, colour and size are the likeliest ones, even if the object is unclear.</summary>
/// <param name="Class">The most likely class.</param>
/// <param name="Color">The nearest colour.</param>
/// <param name="Size">Small or large.</param>
/// <param name="CenterX">Its centre's distance from the left edge, in pixels of the native image.</param>
/// <param name="CenterY">Its centre's distance from the top edge, in pixels of the native image.</param>
/// <param name="Radius">Half the side of its box, in pixels of the native image.</param>
/// <param name="Box">The pixels that it covers.</param>
/// <param name="Confidence">How sure the reading is, in [0, 1]; unclear objects are below 0.5.</param>
/// <param name="ClassDoubt">Why the class is unclear, in words; null if it is clear.</param>
/// <param name="ColorDoubt">Why the colour is unclear, in words; null if it is clear.</param>
public sealed record SeenObject(
    ShapeClass Class, ShapeColor Color, ShapeSize Size, float CenterX, float CenterY, float Radius, PixelBox Box, float Confidence, string? ClassDoubt,
    string? ColorDoubt)
{
    /// <summary>How doubtful the class is: 0 is certain, above 1 is unclear; null if not measured.</summary>
    public float? ClassDegree { get; init; }

    /// <summary>The same for the colour.</summary>
    public float? ColorDegree { get; init; }

    /// <summary>True if class and colour are clear.</summary>
    public bool IsClear => ClassDoubt is null && ColorDoubt is null;

    /// <summary>Why the object is unclear, in words; null if it is clear.</summary>
    public string? Doubt => ClassDoubt ?? ColorDoubt;

    /// <summary>The cell that the centre lies in.</summary>
    public GridCell Cell => World.CellAt(CellLine(CenterY), CellLine(CenterX));

    /// <summary>Whether the object is clearly of a class and, if given, of a colour. Without a required colour, a doubtful colour does not matter.</summary>
    /// <param name="kind">The class.</param>
    /// <param name="color">The colour; null for any.</param>
    /// <returns>True if nothing about it is in doubt.</returns>
    public bool IsA(ShapeClass kind, ShapeColor? color = null) =>
        ClassDoubt is null && Class == kind && (color is null || (ColorDoubt is null && Color == color));

    private static int CellLine(float position) => Math.Clamp((int)(position / World.CellSize), 0, World.GridSize - 1);
}

/// <summary>The content of an image, read from its pixels.</summary>
/// <param name="Canvas">The background.</param>
/// <param name="Objects">The objects by cell in reading order, including unclear ones.</param>
public sealed record SceneReading(CanvasColor Canvas, IReadOnlyList<SeenObject> Objects)
{
    /// <summary>The exact reading of a perfect image of the scene.</summary>
    /// <param name="scene">The scene.</param>
    /// <returns>A reading without doubts.</returns>
    public static SceneReading Of(Scene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        return new(scene.Canvas, [.. scene.Objects.Select(o => new SeenObject(
            o.Class, o.Color, o.Size, o.CenterX, o.CenterY, o.Radius, Box(o), 1, null, null))]);
    }

    private static PixelBox Box(SceneObject item) => new(
        (int)(item.CenterX - item.Radius), (int)(item.CenterY - item.Radius), (int)MathF.Ceiling(item.CenterX + item.Radius),
        (int)MathF.Ceiling(item.CenterY + item.Radius));
}

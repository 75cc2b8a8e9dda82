namespace GenAgent.Micro.Scenes;

/// <summary>The measures of the miniature world, in pixels of the native 96 x 96 image.</summary>
public static class World
{
    /// <summary>Cells along one side of the grid.</summary>
    public const int GridSize = 3;

    /// <summary>Side of a cell.</summary>
    public const int CellSize = 32;

    /// <summary>Side of the native image.</summary>
    public const int ImageSize = GridSize * CellSize;

    /// <summary>The most objects in a scene.</summary>
    public const int MaxObjects = 7;

    /// <summary>How far an object's centre may be off its cell's centre, along each axis.</summary>
    public const float MaxJitter = 2f;

    /// <summary>All classes, in order.</summary>
    public static IReadOnlyList<ShapeClass> Classes { get; } = Enum.GetValues<ShapeClass>();

    /// <summary>All colours of objects, in order.</summary>
    public static IReadOnlyList<ShapeColor> Colors { get; } = Enum.GetValues<ShapeColor>();

    /// <summary>All backgrounds, in order.</summary>
    public static IReadOnlyList<CanvasColor> Canvases { get; } = Enum.GetValues<CanvasColor>();

    /// <summary>All cells, in reading order.</summary>
    public static IReadOnlyList<GridCell> Cells { get; } = Enum.GetValues<GridCell>();

    /// <summary>Half the height of the bounding square of every shape of this size.</summary>
    /// <param name="size">The size.</param>
    /// <returns>Pixels.</returns>
    public static float Radius(ShapeSize size) => size == ShapeSize.Large ? 12f : 7.5f;

    /// <summary>The colour that objects are painted with.</summary>
    /// <param name="color">The colour.</param>
    /// <returns>The colour's red, green and blue.</returns>
    public static Rgb Paint(ShapeColor color) => color switch
    {
        ShapeColor.Red => new(220, 30, 35),
        ShapeColor.Orange => new(255, 135, 0),
        ShapeColor.Yellow => new(250, 225, 25),
        ShapeColor.Green => new(35, 160, 60),
        ShapeColor.Blue => new(35, 80, 225),
        ShapeColor.Purple => new(130, 40, 175),
        ShapeColor.Pink => new(255, 125, 195),
        ShapeColor.Brown => new(120, 70, 30),
        _ => throw new ArgumentOutOfRangeException(nameof(color), color, "No such colour."),
    };

    /// <summary>The colour that the canvas is painted with.</summary>
    /// <param name="canvas">The background.</param>
    /// <returns>The colour's red, green and blue.</returns>
    public static Rgb Paint(CanvasColor canvas) => canvas switch
    {
        CanvasColor.White => new(245, 245, 245),
        CanvasColor.Gray => new(150, 150, 150),
        CanvasColor.Black => new(15, 15, 15),
        _ => throw new ArgumentOutOfRangeException(nameof(canvas), canvas, "No such background."),
    };

    /// <summary>The cell's row, 0 at the top.</summary>
    /// <param name="cell">The cell.</param>
    /// <returns>0, 1 or 2.</returns>
    public static int Row(this GridCell cell) => (int)cell / GridSize;

    /// <summary>The cell's column, 0 at the left.</summary>
    /// <param name="cell">The cell.</param>
    /// <returns>0, 1 or 2.</returns>
    public static int Column(this GridCell cell) => (int)cell % GridSize;

    /// <summary>The cell at a row and a column.</summary>
    /// <param name="row">0 at the top.</param>
    /// <param name="column">0 at the left.</param>
    /// <returns>The cell.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A coordinate is outside [0, 3).</exception>
    public static GridCell CellAt(int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)GridSize, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)GridSize, nameof(column));
        return (GridCell)((row * GridSize) + column);
    }
}

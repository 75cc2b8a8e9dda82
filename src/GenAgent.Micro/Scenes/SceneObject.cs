namespace GenAgent.Micro.Scenes;

/// <summary>One object of a scene. Immutable.</summary>
/// <param name="Class">What it is.</param>
/// <param name="Color">Its colour.</param>
/// <param name="Size">How big it is.</param>
/// <param name="Cell">Where it is.</param>
/// <param name="JitterX">Pixels to the right of the cell's centre, in [-<see cref="World.MaxJitter"/>, <see cref="World.MaxJitter"/>].</param>
/// <param name="JitterY">Pixels below the cell's centre, in the same range.</param>
public sealed record SceneObject(ShapeClass Class, ShapeColor Color, ShapeSize Size, GridCell Cell, float JitterX = 0, float JitterY = 0)
{
    /// <summary>The centre's distance from the left edge of the native image, in pixels.</summary>
    public float CenterX => ((Cell.Column() + 0.5f) * World.CellSize) + JitterX;

    /// <summary>The centre's distance from the top edge of the native image, in pixels.</summary>
    public float CenterY => ((Cell.Row() + 0.5f) * World.CellSize) + JitterY;

    /// <summary>Half the height of the object's box, in pixels of the native image.</summary>
    public float Radius => World.Radius(Size);
}

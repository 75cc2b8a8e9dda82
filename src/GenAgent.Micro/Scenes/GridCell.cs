namespace GenAgent.Micro.Scenes;

/// <summary>The nine places of the 3 x 3 grid, in reading order: the value is <c>3 * row + column</c>.</summary>
public enum GridCell
{
    /// <summary>Row 0, column 0.</summary>
    TopLeft,

    /// <summary>Row 0, column 1.</summary>
    TopCenter,

    /// <summary>Row 0, column 2.</summary>
    TopRight,

    /// <summary>Row 1, column 0.</summary>
    MiddleLeft,

    /// <summary>Row 1, column 1.</summary>
    Center,

    /// <summary>Row 1, column 2.</summary>
    MiddleRight,

    /// <summary>Row 2, column 0.</summary>
    BottomLeft,

    /// <summary>Row 2, column 1.</summary>
    BottomCenter,

    /// <summary>Row 2, column 2.</summary>
    BottomRight,
}

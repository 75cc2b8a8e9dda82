namespace GenAgent.Micro.Scenes;

/// <summary>How big an object is.</summary>
public enum ShapeSize
{
    /// <summary>About half a cell across.</summary>
    Small,

    /// <summary>About three quarters of a cell across.</summary>
    Large,
}

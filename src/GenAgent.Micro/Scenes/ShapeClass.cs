namespace GenAgent.Micro.Scenes;

/// <summary>The kinds of objects in the miniature world. The order is part of the recorded benchmark: append, never reorder.</summary>
public enum ShapeClass
{
    /// <summary>A filled disc.</summary>
    Circle,

    /// <summary>A filled square, sides upright.</summary>
    Square,

    /// <summary>A filled triangle, point up.</summary>
    Triangle,

    /// <summary>A five-pointed star, point up.</summary>
    Star,

    /// <summary>A plus sign.</summary>
    Cross,

    /// <summary>A disc with a round hole.</summary>
    Ring,

    /// <summary>A heart, point down.</summary>
    Heart,

    /// <summary>A rhombus, taller than wide.</summary>
    Diamond,
}

namespace GenAgent.Micro.Language;

/// <summary>Why a request cannot be drawn in the miniature world.</summary>
internal enum DeclineReason
{
    /// <summary>It asks for a thing that is no plain shape.</summary>
    Thing,

    /// <summary>It asks for more objects than an image holds, or for none.</summary>
    Count,

    /// <summary>It asks for a colour that this world does not have.</summary>
    Color,

    /// <summary>It asks for a shape that this world does not have.</summary>
    Shape,

    /// <summary>It asks for a style, a material, a pattern or a motion.</summary>
    Style,

    /// <summary>It asks for letters.</summary>
    Text,

    /// <summary>It asks for a background that this world does not have.</summary>
    Background,

    /// <summary>It asks for a place that this world does not have: inside, overlapping, rotated.</summary>
    Placement,

    /// <summary>It asks for two numbers of one thing.</summary>
    TwoNumbers,

    /// <summary>It asks for one thing in two colours, or in a colour that it forbids.</summary>
    TwoColors,

    /// <summary>It asks for one thing of two shapes.</summary>
    TwoShapes,

    /// <summary>It asks for one thing of two sizes.</summary>
    TwoSizes,

    /// <summary>It asks for one thing in two places.</summary>
    TwoPlaces,

    /// <summary>It asks for two backgrounds.</summary>
    TwoBackgrounds,

    /// <summary>It asks for something that it forbids.</summary>
    Forbidden,
}

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

    /// <summary>What it asks for contradicts itself.</summary>
    Contradiction,
}

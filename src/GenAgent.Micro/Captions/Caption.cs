namespace GenAgent.Micro.Captions;

/// <summary>How much a caption says.</summary>
public enum CaptionStyle
{
    /// <summary>Every object with size, colour, class and cell, and the background.</summary>
    Dense,

    /// <summary>Every object, but some attributes, or the background, or the order, are missing.</summary>
    PartlyDense,

    /// <summary>As people write: groups, relations, hints; numbers and places are mostly left open.</summary>
    Loose,
}

/// <summary>What a caption says, and how.</summary>
/// <param name="Text">Lower case; words of <see cref="CaptionVocabulary"/>, and commas.</param>
/// <param name="Style">How much it says.</param>
public sealed record Caption(string Text, CaptionStyle Style);

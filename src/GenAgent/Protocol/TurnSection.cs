namespace GenAgent.Protocol;

/// <summary>A part of a model's turn.</summary>
public enum TurnSection
{
    /// <summary>The judgment of the last image.</summary>
    Judgment,

    /// <summary>Reasoning, plan, reflection.</summary>
    Thought,

    /// <summary>The call of a tool, as JSON.</summary>
    Call,

    /// <summary>The answer.</summary>
    Answer,
}

/// <summary>A piece of a turn's section, as it streams in. The pieces of a section, joined, are its whole text, untrimmed.</summary>
/// <param name="Section">What the piece belongs to.</param>
/// <param name="Text">The piece; never empty.</param>
public readonly record struct TurnDelta(TurnSection Section, string Text);

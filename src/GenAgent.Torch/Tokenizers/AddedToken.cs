namespace GenAgent.Torch.Tokenizers;

/// <summary>A token that is matched in the text before anything else is done to it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">The text that it stands for.</param>
public sealed record AddedToken(int Id, string Content)
{
    /// <summary>Whether it is a control token, left out when decoding skips those.</summary>
    public bool Special { get; init; }

    /// <summary>Whether it is matched in the normalised text instead of the original text.</summary>
    public bool Normalized { get; init; }

    /// <summary>Whether it matches only whole words.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Whether it includes the blanks before it.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Whether it includes the blanks after it.</summary>
    public bool RightStrip { get; init; }
}

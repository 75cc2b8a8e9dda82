namespace GenAgent.Torch.Tokenizers;

/// <summary>A token that is matched in the text before anything else is done to it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">The text that it stands for.</param>
public sealed record AddedToken(int Id, string Content)
{
    /// <summary>Whether it is a control token, left out when decoding skips those.</summary>
    public bool Special { get; init; }

    /// <summary>Whether it is looked for in the normalised text and not in the text as given.</summary>
    public bool Normalized { get; init; }

    /// <summary>Whether it is found only where no word goes on before or after it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Whether it takes the blanks before it.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Whether it takes the blanks after it.</summary>
    public bool RightStrip { get; init; }
}

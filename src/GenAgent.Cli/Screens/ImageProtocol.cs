namespace GenAgent.Cli.Screens;

/// <summary>How an image is drawn in a terminal.</summary>
internal enum ImageProtocol
{
    /// <summary>The best that the terminal is known to have.</summary>
    Auto,

    /// <summary>Not at all.</summary>
    None,

    /// <summary>Two pixels a character, in colour: any terminal with colours.</summary>
    Blocks,

    /// <summary>kitty's graphics protocol.</summary>
    Kitty,

    /// <summary>iTerm2's inline images.</summary>
    Iterm,

    /// <summary>DEC's sixels.</summary>
    Sixel,
}

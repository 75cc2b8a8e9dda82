namespace GenAgent.Evaluation.Judges;

/// <summary>One question about an image.</summary>
/// <param name="Key">Unique among the questions of a task.</param>
/// <param name="Text">The user turn's text.</param>
public sealed record ReplyQuestion(string Key, string Text)
{
    /// <summary>The system turn; null for none.</summary>
    public string? System { get; init; }

    /// <summary>Whether the image stands before the text.</summary>
    public bool ImageFirst { get; init; }

    /// <summary>Answers whose first token's probability is asked for; empty where the reply's text is wanted.</summary>
    public IReadOnlyList<string> Spellings { get; init; } = [];
}

/// <summary>How a format asks its model.</summary>
public sealed record ReplySettings
{
    /// <summary>Sampling temperature.</summary>
    public float Temperature { get; init; }

    /// <summary>The longest reply, in tokens.</summary>
    public int MaxOutputTokens { get; init; } = 2000;

    /// <summary>How often a question is asked until a reply is usable, 1 or more.</summary>
    public int Tries { get; init; } = 3;

    /// <summary>Whether the image is sent as JPEG, as the published script does.</summary>
    public bool SendsJpeg { get; init; }

    /// <summary>Whether a model that can think is told not to.</summary>
    public bool WithoutThinking { get; init; }
}

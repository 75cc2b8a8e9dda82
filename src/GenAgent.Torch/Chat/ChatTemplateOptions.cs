namespace GenAgent.Torch.Chat;

/// <summary>How a conversation is written out.</summary>
public sealed record ChatTemplateOptions
{
    /// <summary>Whether the text ends where the assistant is to write.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Whether pictures are numbered (<c>Picture 1: </c>).</summary>
    public bool AddVisionId { get; init; }

    /// <summary>How many pictures came before the turns, for their numbers.</summary>
    public int PicturesBefore { get; init; }

    /// <summary>
    /// Whether the turns follow ids that end in the assistant's <c>&lt;|im_end|&gt;</c>: no system turn is put in front, and the line
    /// end that closes the assistant's turn is. So the ids of a conversation always begin with those of its earlier turns.
    /// </summary>
    public bool Continues { get; init; }
}

namespace GenAgent.Torch.Chat;

/// <summary>Options of the chat template.</summary>
public sealed record ChatTemplateOptions
{
    /// <summary>Whether the text ends with the header of an assistant turn, so that the model continues there.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Whether pictures are numbered (<c>Picture 1: </c>).</summary>
    public bool AddVisionId { get; init; }

    /// <summary>Number of pictures before these turns, for numbering.</summary>
    public int PicturesBefore { get; init; }

    /// <summary>
    /// Whether the turns follow ids that end in the assistant's <c>&lt;|im_end|&gt;</c>: then no system turn is added in front, but the line end that
    /// closes the assistant's turn is. So the ids of a conversation always begin with those of its earlier turns.
    /// </summary>
    public bool Continues { get; init; }
}

namespace GenAgent.Torch.Chat;

/// <summary>A part of a turn's content.</summary>
public abstract record ChatPart;

/// <summary>Text.</summary>
/// <param name="Text">Written as it is: neither trimmed nor escaped.</param>
public sealed record TextPart(string Text) : ChatPart;

/// <summary>A picture.</summary>
/// <param name="Pads">How many image pads stand for it: its number of image features, 1 before it is known.</param>
public sealed record ImagePart(int Pads = 1) : ChatPart;

/// <summary>One turn of a conversation as a template sees it.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">Text and pictures in their order.</param>
public sealed record ChatTurn(string Role, IReadOnlyList<ChatPart> Content)
{
    /// <summary>Creates a turn of one text.</summary>
    /// <param name="role">Who speaks: <c>system</c>, <c>user</c> or <c>assistant</c>.</param>
    /// <param name="text">The text.</param>
    public ChatTurn(string role, string text)
        : this(role, [new TextPart(text)])
    {
    }
}

using GenAgent.Training.Sources;
using GenAgent.Trajectories;

namespace GenAgent.Training.Sft.Conversations;

/// <summary>A conversation to learn from. Immutable.</summary>
/// <param name="Turns">The turns in order; where none is of <c>system</c>, the template's own system turn stands in front.</param>
public sealed record Conversation(IReadOnlyList<ConversationTurn> Turns)
{
    /// <summary>
    /// The ids that were fed and sampled when it was written; taken word for word where they are of the model's tokenizer. Null where nobody kept them.
    /// </summary>
    public TokenTrace? Trace { get; init; }

    /// <summary>Where it comes from, as an error names it ("FILE, record 3"); empty where there is no such place.</summary>
    public string Name { get; init; } = string.Empty;
}

/// <summary>One turn.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Parts">Text and images in their order; an assistant's turn is text alone.</param>
/// <param name="Learned">Whether its tokens, the end of the turn among them, are learned; only an assistant's turn can be.</param>
public sealed record ConversationTurn(string Role, IReadOnlyList<ConversationPart> Parts, bool Learned)
{
    /// <summary>The role of the turns that the model writes.</summary>
    public const string Assistant = "assistant";

    /// <summary>A turn of one text; an assistant's is learned.</summary>
    /// <param name="role">Who speaks.</param>
    /// <param name="text">The text.</param>
    public ConversationTurn(string role, string text)
        : this(role, [new ConversationText(text)], string.Equals(role, Assistant, StringComparison.Ordinal))
    {
    }

    /// <summary>
    /// How many of its parts, from the first on, stand there without being learned: words that the model is to go on from. They end at a word's border.
    /// </summary>
    public int Given { get; init; }

    /// <summary>
    /// Whether the turn goes on after its text, in ways that are not taught here: its end is then neither shown nor learned. Only the last turn can be so.
    /// </summary>
    public bool Unfinished { get; init; }

    /// <summary>Whether the model writes it.</summary>
    internal bool IsAssistant => string.Equals(Role, Assistant, StringComparison.Ordinal);
}

/// <summary>A part of a turn.</summary>
public abstract record ConversationPart;

/// <summary>Text, as it is.</summary>
/// <param name="Text">The text.</param>
public sealed record ConversationText(string Text) : ConversationPart;

/// <summary>An image as a file holds it.</summary>
/// <param name="Encoded">PNG, JPEG or WebP.</param>
public sealed record ConversationFile(ReadOnlyMemory<byte> Encoded) : ConversationPart
{
    /// <summary>The file's name, as an error names it; empty where it has none.</summary>
    public string Name { get; init; } = string.Empty;
}

/// <summary>An image that was made on the fly, and never encoded.</summary>
/// <param name="Image">The image.</param>
public sealed record ConversationPixels(PixelImage Image) : ConversationPart;

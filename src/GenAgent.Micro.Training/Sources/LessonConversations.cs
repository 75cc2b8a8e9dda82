using System.Text.Json;
using GenAgent.Dialects;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Teaching;
using GenAgent.Protocol;
using GenAgent.Training.Sft.Conversations;
using GenAgent.Training.Sources;

namespace GenAgent.Micro.Training.Sources;

/// <summary>The miniature world's lessons as conversations: the agent's own system turn, an image and a question, the answer.</summary>
internal sealed class LessonConversations : IConversationSource
{
    private static readonly ConversationTurn System = new("system", SystemTurn.Render(MicroInstructions.Text, [Dialect.Default.Generate.Declaration]));

    private readonly Func<long, PerceptionExample> _lesson;

    private LessonConversations(string identity, long count, Func<long, PerceptionExample> lesson) => (Identity, Count, _lesson) = (identity, count, lesson);

    public string Identity { get; }

    public long Count { get; }

    /// <summary>On rendered scenes and in words, without end.</summary>
    public static LessonConversations Rendered(PerceptionOptions options)
    {
        var source = new PerceptionSource(options);
        return new($"perception/2 {JsonSerializer.Serialize(options)} {source.Language}", long.MaxValue, source.Get);
    }

    /// <summary>On the images of <c>genagent data paint</c>; each image comes up with one question after another, so there is no end either.</summary>
    /// <exception cref="InvalidDataException">The folder holds no painting that may be shown.</exception>
    public static LessonConversations Painted(string folder, PerceptionOptions options)
    {
        var paintings = new PaintedFolder(folder, options);
        return new($"paintings/2 {paintings.Digest} {JsonSerializer.Serialize(options)}", long.MaxValue, paintings.Get);
    }

    public Conversation Read(long index, ulong seed)
    {
        var lesson = _lesson(index);
        var answer = lesson.Given.Length == 0
            ? new ConversationTurn(ConversationTurn.Assistant, lesson.Answer)
            : new ConversationTurn(ConversationTurn.Assistant, [new ConversationText(lesson.Given), new ConversationText(lesson.Answer)], Learned: true) {
                Given = 1 };
        answer = answer with { Unfinished = lesson.Unfinished };
        var question = new ConversationText(lesson.Question);
        var image = lesson.Image is { } shown ? new ConversationPixels(new PixelImage(shown.Width, shown.Height, shown.Pixels)) : null;
        return new Conversation(lesson.FirstTurn is { } first && image is not null
            ? [System, User(question), new ConversationTurn(ConversationTurn.Assistant, first) { Learned = false },
                User(new ConversationText(ToolResponse.Before), image, new ConversationText(ToolResponse.After)), answer]
            : [System, image is null ? User(question) : User(image, question), answer]);
    }

    private static ConversationTurn User(params ConversationPart[] parts) => new("user", parts, Learned: false);
}

using System.Text.Json;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Teaching;
using GenAgent.Protocol;
using GenAgent.Tools;
using GenAgent.Training.Sft.Conversations;
using GenAgent.Training.Sources;

namespace GenAgent.Cli.Training;

/// <summary>The miniature world's lessons as conversations: the agent's own system turn, an image and a question, the answer. Without end.</summary>
internal sealed class PerceptionConversations(PerceptionOptions options) : IConversationSource
{
    private static readonly ConversationTurn System = new("system", SystemTurn.Render(MicroInstructions.Text, [ImageTool.Declaration], CallStyle.Tags));

    private readonly PerceptionSource _lessons = new(options);

    public string Identity { get; } = $"perception/1 {JsonSerializer.Serialize(options)}";

    public long Count => long.MaxValue;

    public Conversation Read(long index, ulong seed)
    {
        var lesson = _lessons.Get(index);
        ConversationPart[] asked = lesson.Image is { } image
            ? [new ConversationPixels(new PixelImage(image.Width, image.Height, image.Pixels)), new ConversationText(lesson.Question)]
            : [new ConversationText(lesson.Question)];
        return new Conversation([System, new ConversationTurn("user", asked, Learned: false), new ConversationTurn(ConversationTurn.Assistant, lesson.Answer)]);
    }
}

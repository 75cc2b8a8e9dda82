using GenAgent.Dialects;
using GenAgent.Protocol;
using GenAgent.Storage;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Training.Sft.Conversations;

/// <summary>
/// Tells a trajectory as the conversation that its model had: the very texts and images that it was given and wrote. Turns that broke the
/// protocol are read, but not learned, nor are those that came before the first round that is fit to be learned from.
/// </summary>
internal static class TrajectoryConversation
{
    /// <summary>Reads a trajectory's images and puts the turns together.</summary>
    public static Conversation Of(Trajectory trajectory, TrajectoryFolder folder)
    {
        var turns = new List<ConversationTurn>
        {
            new("system", TaggedTranscript.SystemText(trajectory)),
            new("user", [.. trajectory.OriginalImages.Select(image => Image(folder, image)), new ConversationText(trajectory.Opening)], Learned: false),
        };
        var learnFrom = trajectory.Task?.LearnFrom ?? 0;
        var dialect = TaggedTranscript.DialectOf(trajectory);
        var last = trajectory.Conversation.Count - 1;
        foreach (var (index, round) in trajectory.Conversation.Index())
        {
            // How a fault is mended is to be learned, not the fault.
            turns.Add(new ConversationTurn(ConversationTurn.Assistant, TaggedTranscript.TurnText(round, dialect)) { Learned = round.Index >= learnFrom
                && !round.Faults.Any(fault => fault.IsTheModels) });
            if (index < last) turns.Add(Response(round, folder, dialect));
        }

        return new Conversation(turns) { Trace = trajectory.Trace, Name = $"trajectory {trajectory.Id}" };
    }

    private static ConversationTurn Response(Round round, TrajectoryFolder folder, Dialect dialect) => round.Shown is { } shown
        ? new("user", [new ConversationText(dialect.ResponseOpen), Image(folder, round.Images[shown]), new ConversationText(dialect.ResponseClose)],
            Learned: false)
        : new("user", round.ToolText is { } text ? ToolResponse.ShowText(text, dialect) : ToolResponse.ReportText(Fault.Join(round.Faults), dialect));

    private static ConversationFile Image(TrajectoryFolder folder, ImageReference image) =>
        new(InnerPath.Read(folder.ImageFile(image))) { Name = folder.ImageFile(image) };
}

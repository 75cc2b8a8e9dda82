using System.Text;
using GenAgent.Dialects;
using GenAgent.Protocol;

namespace GenAgent.Trajectories.Exchange;

/// <summary>
/// Converts a trajectory to a conversation for supervised fine-tuning: the exact text that the model read and wrote, with one <c>&lt;image&gt;</c>
/// placeholder per image. The record also contains the whole trajectory, so that nothing is lost.
/// </summary>
internal static class ShareGptWriter
{
    public static ShareGptRecord Write(Trajectory trajectory)
    {
        var images = trajectory.OriginalImages.Select(image => image.Path()).ToList();
        var opening = string.Concat(Enumerable.Repeat(ShareGptTurn.ImagePlaceholder, images.Count)) + Escape(trajectory.Opening);
        var turns = new List<ShareGptTurn> { new(ShareGptTurn.Human, opening) };
        var dialect = TaggedTranscript.DialectOf(trajectory);
        var last = trajectory.Conversation.Count - 1;
        foreach (var (index, round) in trajectory.Conversation.Index())
        {
            turns.Add(new ShareGptTurn(ShareGptTurn.Gpt, Escape(TaggedTranscript.TurnText(round, dialect))));
            if (index == last)
            {
                break;
            }

            turns.Add(new ShareGptTurn(ShareGptTurn.Human, Response(round, dialect)));
            if (round.Shown is { } shown)
            {
                images.Add(round.Images[shown].Path());
            }
        }

        var json = Encoding.UTF8.GetString(TrajectoryJson.Write(trajectory).Span);
        return new ShareGptRecord(turns, Escape(TaggedTranscript.SystemText(trajectory)), images, json);
    }

    private static string Response(Round round, Dialect dialect) => round.Shown is not null
        ? ToolResponse.ShowText(ShareGptTurn.ImagePlaceholder, dialect)
        : Escape(round.ToolText is { } text ? ToolResponse.ShowText(text, dialect) : ToolResponse.ReportText(Fault.Join(round.Faults), dialect));

    // A user's or a model's own "<image>" would be counted as an image.
    private static string Escape(string text) => text
        .Replace("<image>", "< image>", StringComparison.Ordinal)
        .Replace("<video>", "< video>", StringComparison.Ordinal)
        .Replace("<audio>", "< audio>", StringComparison.Ordinal);
}

using GenAgent.Protocol;
using GenAgent.Tools;

namespace GenAgent.Trajectories.Exchange;

/// <summary>The texts of a trajectory as a model that calls its tool by tags would have read and written them; a model that called natively is rewritten.</summary>
public static class TaggedTranscript
{
    /// <summary>The turn of a round.</summary>
    public static string TurnText(Round round)
    {
        ArgumentNullException.ThrowIfNull(round);
        var isTagged = TurnParser.Parse(round.Text).Turn is { } said && (said.Thought is null || round.Text.Contains(ProtocolTag.Open(TurnSection.Thought), StringComparison.Ordinal));
        if (isTagged || (round.Call ?? (object?)round.Answer) is null)
        {
            return round.Text;
        }

        return Protocol.TurnText.TryWrite(new AgentTurn(round.Judgment, round.Thought, round.Call, round.Answer), out _) ?? round.Text;
    }

    /// <summary>The system turn.</summary>
    public static string SystemText(Trajectory trajectory)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        return trajectory.Rounds.Any(round => round.Call?.Id is not null)
            ? SystemTurn.Render(SystemTurn.DefaultInstructions(CallStyle.Tags), [ImageTool.Declaration], CallStyle.Tags)
            : trajectory.Instructions;
    }
}
